// SPDX-License-Identifier: Apache-2.0
#include "text/tokenizer_file.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "golden.h"
#include "text/bpe.h"
#include "text/trainer.h"
#include "text/utf8.h"

using namespace mx;

namespace {

// The character that stands for a byte in other programs' files.
std::string letter(std::size_t byte) {
  char32_t next = 256;
  for (std::size_t b = 0; b < 256; ++b) {
    const bool prints = gpt2_byte_ids()[b] < 188;
    const char32_t code = prints ? static_cast<char32_t>(b) : next++;
    if (b != byte) continue;
    std::string out;
    append_character(code, out);
    return out;
  }
  return {};
}

Json bpe_file() {
  std::vector<std::string> tokens(256);
  for (std::size_t byte = 0; byte < 256; ++byte) tokens[gpt2_byte_ids()[byte]] = letter(byte);
  Json merges = Json::array();
  for (const Json& pair : test::golden()["bpe"]["merges"]) {
    const std::string left = tokens[pair[0].get<std::size_t>()];
    const std::string right = tokens[pair[1].get<std::size_t>()];
    merges.push_back(left + " " + right);
    tokens.push_back(left + right);
  }
  Json vocab = Json::object();
  for (std::size_t id = 0; id < tokens.size(); ++id) vocab[tokens[id]] = id;
  vocab["<|endoftext|>"] = tokens.size();
  return {{"version", "1.0"},
          {"added_tokens", {{{"id", tokens.size()}, {"content", "<|endoftext|>"}}}},
          {"normalizer", nullptr},
          {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
          {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", merges}}}};
}

std::unique_ptr<Tokenizer> read(const Json& json) {
  return tokenizer_from_text(dump_json(json), "tokenizer.json");
}

}  // namespace

TEST_CASE("a byte-level bpe of another program gives its ids") {
  const auto tokenizer = read(bpe_file());
  CHECK(tokenizer->size() == 601);
  CHECK(tokenizer->special(kEndOfText) == TokenId{600});
  const auto texts = test::golden_texts();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CHECK(encode(*tokenizer, texts[i]) ==
          test::golden()["bpe"]["ids"][i].get<std::vector<TokenId>>());
  }
  // Compact again: the ids are the usual ones, so nothing but merges is kept.
  const Json json = tokenizer->to_json();
  CHECK_FALSE(json.contains("bytes"));
  CHECK_FALSE(json.contains("results"));
}

TEST_CASE("a bpe whose special tokens come first keeps its own ids") {
  Json file = bpe_file();
  Json moved = Json::object();
  moved["<|endoftext|>"] = 0;
  for (const auto& [token, id] : file["model"]["vocab"].items()) {
    if (token != "<|endoftext|>") moved[token] = id.get<int>() + 1;
  }
  file["model"]["vocab"] = moved;
  file["added_tokens"][0]["id"] = 0;
  const auto tokenizer = read(file);
  const auto again = tokenizer_from_json(tokenizer->to_json(), "the test");
  const auto texts = test::golden_texts();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto ids = test::golden()["bpe"]["ids"][i].get<std::vector<TokenId>>();
    for (TokenId& id : ids) ++id;
    CHECK(encode(*again, texts[i]) == ids);
    CHECK(again->decode(ids) == texts[i]);
  }
}

TEST_CASE("what a file asks for and is not done is refused by name") {
  const auto refused = [](std::initializer_list<const char*> path, const Json& value) {
    Json file = bpe_file();
    Json* at = &file;
    for (const char* key : path) at = &(*at)[key];
    *at = value;
    CHECK_THROWS_AS((void)read(file), Error);
  };
  refused({"normalizer"}, {{"type", "Nmt"}});
  refused({"normalizer"}, {{"type", "BertNormalizer"}});
  refused({"normalizer"}, {{"type", "Replace"}, {"pattern", {{"Regex", "a+"}}}, {"content", ""}});
  refused({"pre_tokenizer"}, {{"type", "Split"}});
  refused({"pre_tokenizer"}, {{"type", "Whitespace"}});
  refused({"post_processor"}, {{"type", "Other"}});
  refused({"decoder"}, {{"type", "CTC"}});
  refused({"model", "end_of_word_suffix"}, "</w>");
  refused({"model", "dropout"}, 0.1);
  refused({"model", "type"}, "Unigram");
  refused({"model", "merges"}, {"a"});
  refused({"model", "merges"}, {"zz qq"});
  refused({"model", "vocab"}, Json::object());
  for (const char* text : {"", "no tokenizer", "\xFF\xFE", "{}", "[1]", "{"}) {
    CHECK_THROWS_AS((void)tokenizer_from_text(text, "file"), Error);
  }
}

TEST_CASE("a WordPiece vocabulary is read from tokenizer.json and from vocab.txt") {
  const Json& golden = test::golden()["wordpiece"];
  Json vocab = Json::object();
  std::string lines;
  for (std::size_t id = 0; id < golden["tokens"].size(); ++id) {
    vocab[golden["tokens"][id].get<std::string>()] = id;
    lines += golden["tokens"][id].get<std::string>() + "\n";
  }
  const Json file = {
      {"normalizer", {{"type", "BertNormalizer"}, {"lowercase", true}, {"strip_accents", nullptr}}},
      {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
      {"model",
       {{"type", "WordPiece"},
        {"continuing_subword_prefix", "##"},
        {"unk_token", "[UNK]"},
        {"vocab", vocab}}}};
  const auto from_json = read(file), from_lines = tokenizer_from_text(lines, "vocab.txt");
  CHECK(from_json->to_json() == from_lines->to_json());
  const std::string text = test::text_file("coriolanus.txt").substr(0, 500);
  CHECK(encode(*from_json, text) == encode(*from_lines, text));
  CHECK(from_json->special("[MASK]") == TokenId{4});
}
