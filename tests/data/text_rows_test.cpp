// SPDX-License-Identifier: Apache-2.0
#include "data/text_rows.h"

#include <doctest/doctest.h>

#include <array>

#include "base/error.h"
#include "data/dataset.h"
#include "data/language.h"
#include "data/rows.h"
#include "data/windows.h"
#include "io/folder.h"
#include "text/trainer.h"

namespace mx {
namespace {

using test::Folder;
using test::write_file;

std::unique_ptr<Tokenizer> words() {
  const auto trainer = make_trainer({.kind = TokenizerKind::wordpiece,
                                     .vocab = 64,
                                     .specials = usual_specials(TokenizerKind::wordpiece)});
  trainer->add("good bad good bad a film a film");
  return trainer->finish();
}

std::vector<float> numbers(std::initializer_list<std::optional<TokenId>> ids, std::size_t size) {
  std::vector<float> out;
  for (const auto& id : ids) out.push_back(static_cast<float>(id.value()));
  out.resize(size, kPadding);
  return out;
}

DataOptions reviews(const std::string& path) {
  DataOptions options;
  options.data = {path};
  options.label = "sense";
  options.tokenizer = "wordpiece";
  options.vocab = 64;
  return options;
}

constexpr std::string_view kReviews =
    "sense,text\nyes,a good film\nno,a bad film\nyes,good\nno,bad bad bad bad bad bad bad bad\n";

TEST_CASE("a text is a row between the tokens that begin and end it, cut or padded") {
  const auto tokenizer = words();
  const auto token = [&](std::string_view text) { return encode(*tokenizer, text).front(); };
  const auto begin = tokenizer->special("[CLS]");
  const auto end = tokenizer->special("[SEP]");
  TextEncoder encoder(*tokenizer);
  std::vector<float> row(6);
  CHECK(encoder.encode("a good film", row));
  CHECK(row == numbers({begin, token("a"), token("good"), token("film"), end}, 6));
  CHECK(encoder.encode("", row));
  CHECK(row == numbers({begin, end}, 6));
  CHECK_FALSE(encoder.encode("a good film a bad film", row));
  CHECK(row.front() == static_cast<float>(*begin));
  CHECK(row.back() == static_cast<float>(*end));
  CHECK(row[4] == static_cast<float>(token("a")));
}

TEST_CASE("rows of text are learned with a tokenizer of the training rows") {
  const Folder folder;
  write_file(folder / "a.csv", kReviews);
  NoLog log;
  const TextReading text{.context = 8};
  const Loaded loaded = load_for_training(reviews(folder / "a.csv"), nullptr, 1, log, &text);
  CHECK(loaded.schema.source == Schema::Source::text);
  CHECK(loaded.schema.text == "text");
  CHECK(loaded.schema.classes == std::vector<std::string>{"no", "yes"});
  CHECK(loaded.schema.inputs() == 8);
  CHECK(schema_from_json(to_json(loaded.schema)) == loaded.schema);
  CHECK(loaded.train.rows == 4);
  CHECK(loaded.train.x.size() == 32);
  CHECK(loaded.train.classes == std::vector<std::int64_t>{1, 0, 1, 0});
  const std::shared_ptr<const Tokenizer> tokenizer = tokenizer_from_json(loaded.tokenizer, "it");
  CHECK(loaded.train.x[0] == static_cast<float>(tokenizer->special("[CLS]").value()));
  CHECK(loaded.train.x[31] == static_cast<float>(tokenizer->special("[SEP]").value()));

  const TextReading again{.context = 8, .tokenizer = tokenizer};
  write_file(folder / "b.csv", "text,sense\nbad film,no\n");
  const Loaded other = load_for_evaluation(reviews(folder / "b.csv"), loaded.schema, log, &again);
  CHECK(other.test.classes == std::vector<std::int64_t>{0});
  CHECK(other.test.x[3] == static_cast<float>(tokenizer->special("[SEP]").value()));
  CHECK(other.test.x[4] == kPadding);
  CHECK_THROWS_AS((void)load_for_evaluation(reviews(folder / "b.csv"), loaded.schema, log), Error);
}

TEST_CASE("the text is the only column besides the label, or the one that --text names") {
  const Folder folder;
  NoLog log;
  const TextReading text{.context = 8};
  write_file(folder / "two.csv", "review,sense\ngood,1\nbad,0\n");
  CHECK(load_for_training(reviews(folder / "two.csv"), nullptr, 1, log, &text).schema.text ==
        "review");
  write_file(folder / "three.csv", "id,review,sense\n1,good,1\n2,bad,0\n");
  DataOptions options = reviews(folder / "three.csv");
  try {
    (void)load_for_training(options, nullptr, 1, log, &text);
    FAIL("a column that is not there was found");
  } catch (const Error& error) {
    CHECK(error.message().find("--text") != std::string::npos);
  }
  options.text = "review";
  CHECK(load_for_training(options, nullptr, 1, log, &text).schema.text == "review");
  write_file(folder / "bare.tsv", "good film\t1\nbad film\t0\n");
  options = reviews(folder / "bare.tsv");
  options.header = false;
  options.label = std::string("2");
  CHECK(load_for_training(options, nullptr, 1, log, &text).schema.text == "1");
}

TEST_CASE("lines are rows of one column") {
  const std::string bytes = "one\n\n{two}, three";
  const auto rows = open_lines(io::memory_input(view(bytes), "it"), "text");
  CHECK(rows->columns() == std::vector<std::string>{"text"});
  std::vector<std::string_view> cells;
  std::vector<std::string> all;
  while (rows->next(cells)) all.emplace_back(cells.at(0));
  CHECK(all == std::vector<std::string>{"one", "", "{two}, three"});
  CHECK(rows->place() == "it line 3");
}

TEST_CASE("a masked model sees a document from its first token to its last") {
  const Folder folder;
  write_file(folder / "a.txt", "good film\nbad\n");
  DataOptions options;
  options.data = {folder / "a.txt"};
  options.documents = DocumentRule::line;
  options.boundaries = Boundaries::rows;
  NoLog log;
  ThreadPool pool(1);
  const LanguageRequest request{.task = Task::mlm,
                                .context = 5,
                                .tokenizer = std::shared_ptr<const Tokenizer>(words()),
                                .seed = 1};
  const Loaded loaded = load_language(options, request, pool, log);
  REQUIRE(loaded.train.rows == 2);
  std::array<std::int32_t, 5> ids{}, targets{}, documents{};
  loaded.train.tokens->read(1, 0, {ids, targets, documents});
  const Tokenizer& tokenizer = *request.tokenizer;
  const auto id = [](TokenId token) { return static_cast<std::int32_t>(token); };
  CHECK(ids == std::array<std::int32_t, 5>{id(tokenizer.special("[CLS]").value()),
                                           id(encode(tokenizer, "bad").front()),
                                           id(tokenizer.special("[SEP]").value()), -1, -1});
}

}  // namespace
}  // namespace mx
