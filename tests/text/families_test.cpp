// SPDX-License-Identifier: Apache-2.0
// Tokenizers of other programs, in the shapes of well-known families, give the ids that the
// reference implementations give (make_tokenizer_golden.py).
#include <doctest/doctest.h>

#include "base/error.h"
#include "base/random.h"
#include "base/words.h"
#include "golden.h"
#include "text/stream_decoder.h"
#include "text/tokenizer_file.h"

using namespace mx;

namespace {

const Json& golden() {
  static const Json json = Json::parse(test::text_file("tokenizers/ids.json"));
  return json;
}

bool is_model(const std::string& name) {
  return !test::text_file(fmt::format("tokenizers/{}.model", name)).empty();
}

std::unique_ptr<Tokenizer> load(const std::string& name) {
  return tokenizer_from_text(
      test::text_file(fmt::format("tokenizers/{}{}", name, is_model(name) ? ".model" : ".json")),
      name);
}

std::unique_ptr<Tokenizer> again(const Tokenizer& tokenizer) {
  return tokenizer_from_json(parse_json(dump_json(tokenizer.to_json()), "the test"), "the test");
}

std::vector<TokenId> with_specials(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<TokenId> ids;
  tokenizer.encoder()->encode_with_specials(text, ids);
  return ids;
}

// found: special tokens are looked for, too.
void check_ids(const Tokenizer& tokenizer, const std::string& name, bool found) {
  const Json &lines = golden()["lines"], &ids = golden()["ids"][name];
  REQUIRE(ids.size() == lines.size());
  const auto encoder = tokenizer.encoder();  // one for all: what it has seen changes nothing
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto line = lines[i].get<std::string>();
    const Json &plain = ids[i][0], &special = ids[i][1].is_null() ? plain : ids[i][1];
    std::vector<TokenId> out;
    encoder->encode(line, out);
    if (!plain.is_null()) CHECK_MESSAGE(out == plain.get<std::vector<TokenId>>(), line);
    if (!found) continue;
    CHECK_MESSAGE(with_specials(tokenizer, line) == special.get<std::vector<TokenId>>(), line);
  }
}

std::string random_bytes(Random& random) {
  static const std::string kOften = "the a  \n\xE2\x96\x81\xC3\xA9\xE4\xBD\xA0<mask>";
  std::string out;
  for (std::uint64_t size = random.below(60); size > 0; --size) {
    out.push_back(random.below(3) == 0 ? static_cast<char>(random.below(256))
                                       : kOften[random.below(kOften.size())]);
  }
  return out;
}

}  // namespace

TEST_CASE("tokenizers of well-known families give the reference's ids, loaded and stored") {
  for (const auto& [name, ids] : golden()["ids"].items()) {
    CAPTURE(name);
    const auto tokenizer = load(name);
    const auto stored = again(*tokenizer);
    CHECK(stored->to_json() == tokenizer->to_json());
    // SentencePiece itself finds no special tokens in text.
    check_ids(*tokenizer, name, !is_model(name));
    check_ids(*stored, name, !is_model(name));
  }
}

TEST_CASE("what stands around a text is what the files say") {
  const auto around = [](const std::string& name) {
    const auto tokenizer = load(name);
    const auto text = [&](std::optional<TokenId> id) {
      return id ? tokenizer->decode(std::vector<TokenId>{*id}) : std::string("-");
    };
    return text(begin_token(*tokenizer)) + " " + text(end_token(*tokenizer));
  };
  CHECK(around("gpt2") == "- <|endoftext|>");
  CHECK(around("roberta") == "<s> </s>");
  CHECK(around("llama3") == "<|begin_of_text|> <|end_of_text|>");
  CHECK(around("mistral") == "<s> </s>");
  CHECK(around("tekken") == "<s> </s>");
  CHECK(around("bert") == "[CLS] [SEP]");
  CHECK(around("xlmr") == "<s> </s>");
  CHECK(around("t5") == "- </s>");
  CHECK(around("llama2") == "- </s>");
}

TEST_CASE("vocab.json and merges.txt are the tokenizer that the class of Transformers makes") {
  for (const std::string name : {"qwen2", "roberta"}) {
    TokenizerFiles files;
    for (const std::string_view file : kTokenizerFiles) {
      std::string bytes = test::text_file(fmt::format("tokenizers/{}-lists/{}", name, file));
      if (!bytes.empty()) files.emplace(file, std::move(bytes));
    }
    CAPTURE(name);
    const auto tokenizer = tokenizer_from_files(files, name);
    REQUIRE(tokenizer);
    check_ids(*tokenizer, name, true);
    CHECK(end_token(*tokenizer) == tokenizer->special(name == "qwen2" ? "<|im_end|>" : "</s>"));
    files["tokenizer_config.json"] = R"({"tokenizer_class": "OtherTokenizer"})";
    CHECK_THROWS_WITH((void)tokenizer_from_files(files, "x"),
                      "vocab.json of x: vocab.json of OtherTokenizer is not among the tokenizers "
                      "that can be read");
  }
  CHECK(tokenizer_from_files({}, "x") == nullptr);
}

TEST_CASE("the files of a folder say what stands around a text") {
  TokenizerFiles files = {{"tokenizer.model", test::text_file("tokenizers/llama2.model")}};
  const auto begin = [&] { return begin_token(*tokenizer_from_files(files, "x")); };
  CHECK_FALSE(begin());
  files["tokenizer_config.json"] =
      R"({"tokenizer_class": "LlamaTokenizer", "bos_token": {"content": "<s>"}, "eos_token": "</s>"})";
  CHECK(begin() == TokenId{1});
  files["generation_config.json"] = R"({"eos_token_id": [2, 0, 9999]})";
  CHECK(tokenizer_from_files(files, "x")->frame().stops == std::vector<TokenId>{0});
  files["tokenizer_config.json"] = R"({"add_bos_token": false, "bos_token": "<s>"})";
  CHECK_FALSE(begin());
  files["tokenizer_config.json"] = R"({"tokenizer_class": "XLMRobertaTokenizer"})";
  CHECK_THROWS_AS((void)begin(), Error);
}

TEST_CASE("any bytes are encoded, and come back where the kind can keep them") {
  Random random(11);
  const Normalizer blank(
      {{.kind = NormalizerStep::Kind::replace, .from = "\xE2\x96\x81", .to = " "}});
  for (const auto& [name, ids] : golden()["ids"].items()) {
    CAPTURE(name);
    const auto tokenizer = load(name);
    const bool bytes = name.find("llama2") == 0 || name == "fallback" || name == "mistral";
    for (int i = 0; i < 200; ++i) {
      const std::string text = random_bytes(random);
      const std::vector<TokenId> out = encode(*tokenizer, text);
      const std::string decoded = tokenizer->decode(out);
      for (const TokenId id : out) {
        CHECK((id < tokenizer->size() && (!tokenizer->is_special(id) || decoded.size() > 0)));
      }
      if (tokenizer->exact()) CHECK(decoded == text);
      if (!bytes || text.empty()) continue;
      // A blank in front may have been put there, and U+2581 is one.
      std::string blanks = text;
      blank.apply(blanks, Place::start);
      CHECK((decoded == blanks || fmt::format(" {}", decoded) == blanks));
    }
  }
}

TEST_CASE("a text that goes on from another one gets nothing in front") {
  for (const char* const name : {"llama2", "llama2hf", "mistral", "xlmr", "prefix"}) {
    CAPTURE(name);
    const auto tokenizer = load(name);
    const auto encoder = tokenizer->encoder();
    std::vector<TokenId> start, on;
    encoder->encode("citizen", start);
    encoder->encode("citizen", on, true);
    CHECK(start != on);
    CHECK(tokenizer->decode(on) == "citizen");
  }
}

TEST_CASE("long words and long texts cost time in proportion") {
  for (const char* const name :
       {"llama2", "unigram", "xlmr", "bpe", "mistral", "gpt2", "tekken", "deepseek"}) {
    CAPTURE(name);
    const auto tokenizer = load(name);
    const std::string endless(1 << 20, 'a');
    CHECK(encode(*tokenizer, endless).size() > 1000);
    CHECK(encode(*tokenizer, std::string(1 << 20, ' ') + endless).size() > 1000);
  }
}
