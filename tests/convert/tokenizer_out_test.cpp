// SPDX-License-Identifier: Apache-2.0
// Tokenizers written as other programs have them, and read again: the ids stay.
#include "convert/tokenizer_out.h"

#include <fstream>
#include <sstream>

#include "convert/gguf.h"
#include "convert/gguf_text.h"
#include "helpers.h"
#include "text/tokenizer_file.h"
#include "text/trainer.h"

namespace mx {
namespace {

std::string text_file(const std::string& name) {
  std::ostringstream out;
  out << std::ifstream(std::string(MX_TEST_DATA) + "/../text/" + name, std::ios::binary).rdbuf();
  return out.str();
}

const Json& golden() {
  static const Json json = Json::parse(text_file("tokenizers/ids.json"));
  return json;
}

std::unique_ptr<Tokenizer> load(const std::string& name) {
  std::string bytes = text_file(fmt::format("tokenizers/{}.json", name));
  if (bytes.empty()) bytes = text_file(fmt::format("tokenizers/{}.model", name));
  return tokenizer_from_text(bytes, name);
}

void check_same(const Tokenizer& one, const Tokenizer& other) {
  CHECK(one.size() <= other.size());
  CHECK(begin_token(one) == begin_token(other));
  CHECK(end_token(one) == end_token(other));
  for (const Json& line : golden()["lines"]) {
    const auto text = line.get<std::string>();
    CHECK_MESSAGE(encode(one, text) == encode(other, text), text);
    std::vector<TokenId> ours, theirs;
    one.encoder()->encode_with_specials(text, ours);
    other.encoder()->encode_with_specials(text, theirs);
    CHECK_MESSAGE(ours == theirs, text);
  }
}

std::unique_ptr<Tokenizer> trained(TokenizerKind kind) {
  const auto trainer = make_trainer({kind, 600, usual_specials(kind), true});
  trainer->add(text_file("coriolanus.txt"));
  if (kind == TokenizerKind::character) {
    for (const Json& line : golden()["lines"]) trainer->add(line.get<std::string>());
  }
  return trainer->finish();
}

std::string why(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::usage);
    return error.message();
  }
  return "";
}

// The keys of a GGUF file without tensors.
class Keys {
 public:
  Keys() {
    put("GGUF");
    value(std::uint32_t{3});
    value(std::uint64_t{0});
    value(std::uint64_t{0});
  }
  void text(std::string_view key, std::string_view text) {
    name(key, 8);
    sized(text);
  }
  void number(std::string_view key, std::uint32_t number) {
    name(key, 4);
    value(number);
  }
  void flag(std::string_view key, bool flag) {
    name(key, 7);
    value(static_cast<std::uint8_t>(flag));
  }
  void texts(std::string_view key, const std::vector<std::string>& list) {
    name(key, 9);
    value(std::uint32_t{8});
    value(std::uint64_t{list.size()});
    for (const std::string& text : list) sized(text);
  }
  template <class T>
  void numbers(std::string_view key, std::uint32_t kind, std::span<const T> list) {
    name(key, 9);
    value(kind);
    value(std::uint64_t{list.size()});
    for (const T& number : list) value(number);
  }
  [[nodiscard]] Bytes take() {
    std::memcpy(out_.data() + 16, &count_, sizeof(count_));
    return out_;
  }

 private:
  void put(std::string_view bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  template <class T>
  void value(T number) {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(&number);
    out_.insert(out_.end(), bytes, bytes + sizeof(T));
  }
  void sized(std::string_view text) {
    value(std::uint64_t{text.size()});
    put(text);
  }
  void name(std::string_view key, std::uint32_t kind) {
    ++count_;
    sized(fmt::format("tokenizer.ggml.{}", key));
    value(kind);
  }

  Bytes out_;
  std::uint64_t count_ = 0;
};

Bytes file_of(const GgufTokenizer& from) {
  Keys keys;
  keys.text("model", from.model);
  if (!from.pre.empty()) keys.text("pre", from.pre);
  keys.texts("tokens", from.tokens);
  keys.numbers<std::int32_t>("token_type", 5, from.types);
  if (!from.scores.empty()) keys.numbers<float>("scores", 6, from.scores);
  if (from.model == "gpt2") keys.texts("merges", from.merges);
  if (!from.charsmap.empty()) {
    keys.numbers<std::uint8_t>("precompiled_charsmap", 0, view(from.charsmap));
  }
  const auto id = [&](const char* key, std::optional<TokenId> id) {
    if (id) keys.number(fmt::format("{}_token_id", key), *id);
  };
  id("bos", from.begin);
  id("eos", from.end);
  id("unknown", from.unknown);
  id("seperator", from.separator);
  const auto flag = [&](const char* key, std::optional<bool> flag) {
    if (flag) keys.flag(key, *flag);
  };
  flag("add_bos_token", from.add_begin);
  flag("add_eos_token", from.add_end);
  flag("add_space_prefix", from.add_space_prefix);
  flag("remove_extra_whitespaces", from.remove_extra_whitespaces);
  return keys.take();
}

std::unique_ptr<Tokenizer> through_gguf(const Tokenizer& tokenizer, std::size_t more = 0) {
  const Bytes file = file_of(gguf_tokenizer(tokenizer, tokenizer.size() + more));
  return read_gguf_tokenizer(*gguf_source(io::memory_input(file, "file")));
}

}  // namespace

TEST_CASE("a tokenizer written as tokenizer.json is read with the same ids") {
  for (const auto& [name, ids] : golden()["ids"].items()) {
    CAPTURE(name);
    const auto tokenizer = load(name);
    if (name == "fallback" || name == "bpe") {
      CHECK(why([&] { (void)hugging_face_tokenizer(*tokenizer); }) ==
            "Transformers has no such tokenizer: some of its tokens are taken wherever they stand");
      continue;
    }
    if (name == "unigram") continue;  // its map of characters is applied otherwise there
    const HfTokenizer out = hugging_face_tokenizer(*tokenizer);
    TokenizerFiles files = {{"tokenizer.json", dump_json(out.tokenizer)},
                            {"tokenizer_config.json", dump_json(out.config)}};
    check_same(*tokenizer, *tokenizer_from_files(files, "x"));
  }
  for (const TokenizerKind kind :
       {TokenizerKind::byte, TokenizerKind::bpe, TokenizerKind::wordpiece}) {
    const auto tokenizer = trained(kind);
    check_same(*tokenizer,
               *tokenizer_from_text(dump_json(hugging_face_tokenizer(*tokenizer).tokenizer), "x"));
  }
  const auto characters = trained(TokenizerKind::character);
  check_same(*characters,
             *tokenizer_from_text(dump_json(hugging_face_tokenizer(*characters).tokenizer), "x"));
}

TEST_CASE("a tokenizer written as GGUF's keys is read with the same ids") {
  for (const char* const name :
       {"gpt2", "llama3", "smollm", "qwen2", "tekken", "o200k", "deepseek", "llama2"}) {
    CAPTURE(name);
    const auto tokenizer = load(name);
    if (std::string_view(name) == "qwen2") {
      CHECK(why([&] { (void)gguf_tokenizer(*tokenizer, 1000); }) ==
            "llama.cpp has no such tokenizer: 'addedword' is found under conditions of its own");
      continue;
    }
    check_same(*tokenizer, *through_gguf(*tokenizer));
    check_same(*tokenizer, *through_gguf(*tokenizer, 10));
  }
  for (const TokenizerKind kind :
       {TokenizerKind::byte, TokenizerKind::bpe, TokenizerKind::wordpiece}) {
    const auto tokenizer = trained(kind);
    check_same(*tokenizer, *through_gguf(*tokenizer, 3));
  }
  const auto refused = [](const std::string& name) {
    return why([&] { (void)gguf_tokenizer(*load(name), 1000); });
  };
  for (const char* const name : {"prefix", "cased", "bert", "bpe", "unknown", "albert"}) {
    CAPTURE(name);
    CHECK(refused(name).starts_with("llama.cpp has no such tokenizer: "));
  }
  CHECK(refused("gpt2") == "");
  CHECK(why([&] { (void)gguf_tokenizer(*load("gpt2"), 5); }) ==
        "the tokenizer has 401 tokens, more than 5");
}

TEST_CASE("words that are tokens say nothing in GGUF where merges make them all") {
  const auto changed = [](const char* name, bool whole, const Json& pre) {
    Json json = Json::parse(text_file(fmt::format("tokenizers/{}.json", name)));
    json["model"]["ignore_merges"] = whole;
    if (!pre.is_null()) json["pre_tokenizer"] = pre;
    return tokenizer_from_text(dump_json(json), name);
  };
  for (const auto& [name, whole, pre] :
       {std::tuple("o200k", true, "gpt-4o"), std::tuple("tekken", false, "tekken")}) {
    const auto tokenizer = changed(name, whole, nullptr);
    CHECK(gguf_tokenizer(*tokenizer, tokenizer->size()).pre == pre);
    check_same(*tokenizer, *through_gguf(*tokenizer));
  }
  const Json pre = Json::parse(text_file("tokenizers/o200k.json"))["pre_tokenizer"];
  CHECK(why([&] { (void)gguf_tokenizer(*changed("whole", true, pre), 1000); }) ==
        "llama.cpp has no such tokenizer: byte-level BPE that splits text, or merges it, in this "
        "way");
}

TEST_CASE("keys of a tokenizer that lie are refused") {
  const auto tokenizer = load("llama2");
  const auto refused = [&](const std::function<void(GgufTokenizer&)>& change) {
    GgufTokenizer keys = gguf_tokenizer(*tokenizer, tokenizer->size());
    change(keys);
    const Bytes file = file_of(keys);
    CHECK_THROWS_AS((void)read_gguf_tokenizer(*gguf_source(io::memory_input(file, "file"))), Error);
  };
  refused([](GgufTokenizer& keys) { keys.model = "morse"; });
  refused([](GgufTokenizer& keys) { keys.tokens.pop_back(); });
  refused([](GgufTokenizer& keys) { keys.types.pop_back(); });
  refused([](GgufTokenizer& keys) { keys.types[7] = 99; });
  refused([](GgufTokenizer& keys) { keys.scores.pop_back(); });
  refused([](GgufTokenizer& keys) { keys.scores[5] = std::numeric_limits<float>::infinity(); });
  refused([](GgufTokenizer& keys) { keys.tokens[100] = std::string(5000, 'a'); });
  refused([](GgufTokenizer& keys) { keys.model = "gpt2"; });
  refused([](GgufTokenizer& keys) { keys.model = "bert", keys.unknown = 1 << 20; });
  // Cut anywhere it is incomplete.
  const Bytes whole = file_of(gguf_tokenizer(*tokenizer, tokenizer->size()));
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_THROWS_AS((void)read_gguf_tokenizer(*gguf_source(io::memory_input(part, "file"))), Error);
  }
}

}  // namespace mx
