// SPDX-License-Identifier: Apache-2.0
// Text made ready for language models: windows, documents, what is scored.
#include "data/language.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/error.h"
#include "data/windows.h"
#include "io/folder.h"

namespace mx {
namespace {

struct Window {
  std::vector<std::int32_t> ids, targets, documents;
};

Window read(const TokenRows& rows, std::uint64_t row, std::uint64_t shift = 0) {
  const auto context = static_cast<std::size_t>(rows.context());
  Window out{std::vector<std::int32_t>(context), std::vector<std::int32_t>(context),
             std::vector<std::int32_t>(context)};
  rows.read(row, shift, {out.ids, out.targets, out.documents});
  return out;
}

struct Text {
  explicit Text(const std::string& content) {
    test::write_file(folder / "a.txt", content);
    options.data = {folder / "a.txt"};
    options.tokenizer = "byte";
    request.context = 4;
  }
  Loaded load() {
    ThreadPool pool(1);
    NoLog log;
    return load_language(options, request, pool, log);
  }
  test::Folder folder;
  DataOptions options;
  LanguageRequest request;
};

constexpr std::int32_t kEnd = 256;  // the byte tokenizer's end of a document

TEST_CASE("windows follow one another, each token the target of the one before") {
  Text text("abcdefghij");  // and the end: 11 tokens, 10 targets
  const Loaded loaded = text.load();
  CHECK(loaded.schema.task == Task::lm);
  CHECK(dump_json(to_json(loaded.schema)) == R"({"task":"lm","input":[4]})");
  CHECK(schema_from_json(to_json(loaded.schema)) == loaded.schema);
  REQUIRE(loaded.train.rows == 2);
  const Window second = read(*loaded.train.tokens, 1);
  CHECK(second.ids == std::vector<std::int32_t>{'e', 'f', 'g', 'h'});
  CHECK(second.targets == std::vector<std::int32_t>{'f', 'g', 'h', 'i'});
  // A shift moves it, but never beyond the text.
  CHECK(read(*loaded.train.tokens, 1, 1).ids[0] == 'f');
  CHECK(read(*loaded.train.tokens, 1, 3).targets == std::vector<std::int32_t>{'h', 'i', 'j', kEnd});
}

TEST_CASE("measuring scores every token but the first once") {
  Text text("abcdefghijklmnopqrst");
  text.options.valid_fraction = 0.5;
  const Loaded loaded = text.load();
  REQUIRE(loaded.valid.tokens != nullptr);
  std::vector<std::int32_t> targets;
  for (std::uint64_t row = 0; row < loaded.valid.rows; ++row) {
    const Window window = read(*loaded.valid.tokens, row);
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK((window.ids[i] < 0) == (window.targets[i] < 0));
      if (window.targets[i] >= 0) targets.push_back(window.targets[i]);
    }
  }
  std::string tail;
  for (const std::int32_t id : targets) tail += id == kEnd ? '|' : static_cast<char>(id);
  CHECK(tail == "lmnopqrst|");
  CHECK(loaded.valid.tokens->bytes_of('l') == 1);
  CHECK(loaded.valid.tokens->bytes_of(kEnd) == 0);
}

TEST_CASE("with a stride windows overlap, and every token is scored once") {
  const std::string content = "abcdefghijklmnopqrst";
  Text text(content);
  text.options.valid = text.options.data;
  for (const std::int64_t stride : {1, 2, 3, 4}) {
    CAPTURE(stride);
    text.options.stride = stride;
    const Loaded loaded = text.load();
    std::string scored;
    for (std::uint64_t row = 0; row < loaded.valid.rows; ++row) {
      const Window window = read(*loaded.valid.tokens, row);
      CHECK(window.ids[0] ==
            content[static_cast<std::size_t>(row) * static_cast<std::size_t>(stride)]);
      for (const std::int32_t id : window.targets) {
        if (id >= 0) scored += id == kEnd ? '|' : static_cast<char>(id);
      }
    }
    CHECK(scored == content.substr(1) + "|");
    CHECK(loaded.train.rows == 5);
    CHECK(read(*loaded.train.tokens, 1).targets[0] == 'f');  // training windows do not overlap
  }
}

TEST_CASE("a masked model is measured on the same hidden tokens each time") {
  Text text("");
  std::string words;
  for (int i = 0; i < 300; ++i) words += i % 2 == 0 ? "to be " : "or not ";
  test::write_file(text.folder / "a.txt", words);
  text.options.tokenizer = "wordpiece";
  text.options.vocab = 60;
  text.options.valid = text.options.data;
  text.request = {.task = Task::mlm, .context = 64, .tokenizer = {}, .seed = 1};
  const Loaded loaded = text.load();
  const Window hidden = read(*loaded.valid.tokens, 0);
  const Window plain = read(*loaded.train.tokens, 0);
  CHECK(hidden.ids == read(*loaded.valid.tokens, 0).ids);
  CHECK(hidden.ids != plain.ids);
  std::size_t count = 0;
  for (std::size_t i = 0; i < hidden.ids.size(); ++i) {
    if (hidden.targets[i] < 0) {
      CHECK(hidden.ids[i] == plain.ids[i]);
    } else {
      CHECK(hidden.targets[i] == plain.ids[i]);
      ++count;
    }
  }
  CHECK(count > 2);
  CHECK(count < 25);
}

TEST_CASE("documents are kept apart, or are rows, and only what follows a text is learned") {
  Text text("a=bcd\nef=g\n");
  text.options.documents = DocumentRule::line;
  text.options.boundaries = Boundaries::keep;
  text.request.context = 8;
  const Window apart = read(*text.load().train.tokens, 0);
  CHECK(apart.documents == std::vector<std::int32_t>{0, 0, 0, 0, 0, 0, 1, 1});
  CHECK(apart.targets[5] == -1);  // the first of the next document has nothing before it
  CHECK(apart.targets[4] == kEnd);

  text.options.loss_after = std::string("=");
  const Window packed = read(*text.load().train.tokens, 0);
  CHECK(packed.documents == apart.documents);
  CHECK(packed.targets == std::vector<std::int32_t>{-1, 'b', 'c', 'd', kEnd, -1, -1, -1});
  text.options.boundaries = Boundaries::cross;
  const Window crossing = read(*text.load().train.tokens, 0);
  CHECK(crossing.documents == std::vector<std::int32_t>(8, 0));
  CHECK(crossing.targets == packed.targets);

  text.options.boundaries = Boundaries::automatic;
  const Loaded loaded = text.load();
  REQUIRE(loaded.train.rows == 2);
  const Window first = read(*loaded.train.tokens, 0);
  CHECK(first.ids == std::vector<std::int32_t>{'a', '=', 'b', 'c', 'd', -1, -1, -1});
  CHECK(first.targets == std::vector<std::int32_t>{-1, 'b', 'c', 'd', kEnd, -1, -1, -1});
  const Window second = read(*loaded.train.tokens, 1);
  CHECK(second.targets == std::vector<std::int32_t>{-1, -1, 'g', kEnd, -1, -1, -1, -1});
  text.options.loss_after = std::string("?");
  const Window none = read(*text.load().train.tokens, 0);
  CHECK(std::ranges::all_of(none.targets, [](auto target) { return target < 0; }));
}

TEST_CASE("text that is none, and options that contradict each other, are refused") {
  const auto refusal = [](Text& text) {
    try {
      (void)text.load();
    } catch (const Error& error) {
      return error.message();
    }
    return std::string();
  };
  Text empty("");
  CHECK_FALSE(refusal(empty).empty());
  Text plain("abc");
  plain.options.fold = "1/5";
  CHECK(refusal(plain).find("no folds") != std::string::npos);
  plain.options.fold.clear();
  plain.options.stride = 5;
  CHECK(refusal(plain).find("a stride of 5 leaves tokens out") != std::string::npos);
  plain.options.stride = 2;
  plain.options.boundaries = Boundaries::rows;
  CHECK(refusal(plain).find("--stride") != std::string::npos);
  plain.options.stride.reset();
  plain.options.tokenizer = "bpee";
  CHECK(refusal(plain).find("bpee") != std::string::npos);
}

TEST_CASE("a model's tokenizer is used, and another one's data refused") {
  Text first("abab");
  first.options.tokenizer = "char";
  const Loaded loaded = first.load();
  Text second("abba");
  second.request.tokenizer = tokenizer_from_json(loaded.tokenizer, "it");
  CHECK(second.load().tokenizer == loaded.tokenizer);
}

}  // namespace
}  // namespace mx
