// SPDX-License-Identifier: Apache-2.0
#include "text/tokenizer_file.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/words.h"
#include "text/bpe.h"
#include "text/utf8.h"
#include "text/wordpiece.h"

namespace mx {
namespace {

using Vocabulary = std::map<std::string, TokenId, std::less<>>;

// The value at a path of keys; null when something on the way is missing.
const Json& look(const Json& json, std::initializer_list<std::string_view> keys) {
  static const Json kNothing;
  const Json* at = &json;
  for (const std::string_view key : keys) {
    if (!at->is_object()) return kNothing;
    const auto found = at->find(std::string(key));
    if (found == at->end()) return kNothing;
    at = &*found;
  }
  return *at;
}

std::string word_at(const Json& json, std::initializer_list<std::string_view> keys) {
  const Json& value = look(json, keys);
  return value.is_string() ? value.get<std::string>() : std::string();
}

[[noreturn]] void not_done(const std::string& name, std::string_view what) {
  fail(Kind::input, "{}: {} is not among the tokenizers that can be read", name, what);
}

Vocabulary vocabulary_of(const Json& json, const std::string& name) {
  const Json& vocab = look(json, {"model", "vocab"});
  if (!vocab.is_object() || vocab.size() > (1U << 20U)) {
    fail(Kind::input, "{}: there is no vocabulary", name);
  }
  Vocabulary out;
  for (const auto& [token, id] : vocab.items()) {
    if (!id.is_number_integer() || id < 0 || id >= (1 << 24)) {
      fail(Kind::input, "{}: the token '{}' has no valid id", name, printable(token));
    }
    out.emplace(token, id.get<TokenId>());
  }
  return out;
}

std::vector<SpecialToken> added_tokens(const Json& json, const std::string& name) {
  std::vector<SpecialToken> specials;
  const Json& added = look(json, {"added_tokens"});
  if (!added.is_array()) return specials;
  for (const Json& token : added) {
    const Json& id = look(token, {"id"});
    if (!id.is_number_integer() || id < 0 || id >= (1 << 24)) {
      fail(Kind::input, "{}: an added token has no valid id", name);
    }
    specials.push_back({word_at(token, {"content"}), id.get<TokenId>()});
  }
  return specials;
}

// GPT-2's alphabet: the character that stands for a byte is the byte where that prints, else
// 256 and upwards in order.
std::map<char32_t, std::uint8_t> alphabet() {
  std::map<char32_t, std::uint8_t> bytes;
  char32_t next = 256;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const bool prints = gpt2_byte_ids()[byte] < 188;
    bytes[prints ? static_cast<char32_t>(byte) : next++] = static_cast<std::uint8_t>(byte);
  }
  return bytes;
}

std::unique_ptr<Tokenizer> read_bpe(const Json& json, const std::string& name) {
  const Json& pre = look(json, {"pre_tokenizer"});
  if (word_at(pre, {"type"}) != "ByteLevel" || look(pre, {"add_prefix_space"}) == Json(true) ||
      look(pre, {"use_regex"}) == Json(false)) {
    not_done(name, "bpe without GPT-2's splitting");
  }
  if (!look(json, {"normalizer"}).is_null()) not_done(name, "bpe with a normalizer");
  for (const std::string_view key :
       {"unk_token", "continuing_subword_prefix", "end_of_word_suffix", "dropout"}) {
    const Json& value = look(json, {"model", key});
    if (!value.is_null() && value != Json("") && value != Json(0.0)) {
      not_done(name, fmt::format("bpe with {}", key));
    }
  }
  if (look(json, {"model", "ignore_merges"}) == Json(true)) {
    not_done(name, "bpe with ignore_merges");
  }
  const Vocabulary vocabulary = vocabulary_of(json, name);
  const auto id_of = [&](std::string_view token) {
    const auto found = vocabulary.find(token);
    if (found == vocabulary.end()) {
      fail(Kind::input, "{}: '{}' is not in the vocabulary", name, printable(token));
    }
    return found->second;
  };
  std::array<TokenId, 256> bytes = {};
  for (const auto& [character, byte] : alphabet()) {
    std::string token;
    append_character(character, token);
    bytes[byte] = id_of(token);
  }
  std::vector<BpeMerge> merges;
  const Json& given = look(json, {"model", "merges"});
  if (!given.is_array()) fail(Kind::input, "{}: there are no merges", name);
  for (const Json& merge : given) {
    std::vector<std::string> pair;
    if (merge.is_string()) pair = split(merge.get<std::string>(), ' ');
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      pair = merge.get<std::vector<std::string>>();
    }
    if (pair.size() != 2) fail(Kind::input, "{}: a merge is not two tokens", name);
    merges.push_back({id_of(pair[0]), id_of(pair[1]), id_of(pair[0] + pair[1])});
  }
  return std::make_unique<BpeTokenizer>(bytes, std::move(merges), added_tokens(json, name));
}

std::vector<std::string> dense(const Vocabulary& vocabulary, const std::string& name) {
  std::vector<std::string> tokens(vocabulary.size());
  for (const auto& [token, id] : vocabulary) {
    if (id >= tokens.size() || !tokens[id].empty()) {
      fail(Kind::input, "{}: the ids of the vocabulary leave a gap", name);
    }
    tokens[id] = token;
  }
  return tokens;
}

// BERT's special tokens, as far as the vocabulary has them.
std::vector<std::string> bert_specials(const std::vector<std::string>& tokens) {
  std::vector<std::string> found;
  for (const std::string_view special : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
    if (std::ranges::find(tokens, special) != tokens.end()) found.emplace_back(special);
  }
  return found;
}

std::unique_ptr<Tokenizer> read_wordpiece(const Json& json, const std::string& name) {
  const Json& normalizer = look(json, {"normalizer"});
  const bool lowercase = look(normalizer, {"lowercase"}) == Json(true);
  const Json& strip = look(normalizer, {"strip_accents"});
  if (word_at(normalizer, {"type"}) != "BertNormalizer" ||
      look(normalizer, {"clean_text"}) == Json(false) ||
      look(normalizer, {"handle_chinese_chars"}) == Json(false) ||
      (strip.is_boolean() && strip != Json(lowercase)) ||
      word_at(json, {"pre_tokenizer", "type"}) != "BertPreTokenizer") {
    not_done(name, "wordpiece with other words than BERT's");
  }
  if (word_at(json, {"model", "continuing_subword_prefix"}) != "##" ||
      word_at(json, {"model", "unk_token"}) != "[UNK]") {
    not_done(name, "wordpiece with other marks than ## and [UNK]");
  }
  std::vector<std::string> tokens = dense(vocabulary_of(json, name), name);
  std::vector<std::string> specials = bert_specials(tokens);
  for (const SpecialToken& token : added_tokens(json, name)) {
    if (std::ranges::find(specials, token.text) == specials.end()) specials.push_back(token.text);
  }
  return std::make_unique<WordPieceTokenizer>(std::move(tokens), lowercase, specials);
}

std::unique_ptr<Tokenizer> read_vocabulary(std::string_view bytes) {
  std::vector<std::string> tokens;
  for (std::string& line : split(bytes, '\n')) {
    if (line.ends_with('\r')) line.pop_back();
    tokens.push_back(std::move(line));
  }
  if (!tokens.empty() && tokens.back().empty()) tokens.pop_back();
  // A vocabulary without capitals is an "uncased" one: the file does not say.
  const bool lowercase = std::ranges::none_of(tokens, [](std::string_view token) {
    return !token.starts_with('[') &&
           std::ranges::any_of(token, [](char c) { return c >= 'A' && c <= 'Z'; });
  });
  std::vector<std::string> specials = bert_specials(tokens);
  return std::make_unique<WordPieceTokenizer>(std::move(tokens), lowercase, specials);
}

}  // namespace

std::unique_ptr<Tokenizer> tokenizer_from_text(std::string_view bytes, const std::string& name) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) fail(Kind::input, "{} is empty", name);
  if (!valid_utf8(bytes)) fail(Kind::input, "{} is no tokenizer: it is not UTF-8", name);
  if (bytes[first] != '{') {
    if (bytes.find("[UNK]") == std::string_view::npos) {
      throw Error{Kind::input, fmt::format("{} is no tokenizer", name),
                  "a file of this project, a tokenizer.json or a vocab.txt with [UNK] is one"};
    }
    return read_vocabulary(bytes);
  }
  const Json json = parse_json(bytes, name);
  if (json.contains("kind")) return tokenizer_from_json(json, name);
  const std::string type = word_at(json, {"model", "type"});
  if (type == "BPE") return read_bpe(json, name);
  if (type == "WordPiece") return read_wordpiece(json, name);
  not_done(name, type.empty() ? "this JSON" : printable(type));
}

}  // namespace mx
