// SPDX-License-Identifier: Apache-2.0
#include "text/tokenizer_file.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/json_limit.h"
#include "base/words.h"
#include "io/input.h"
#include "text/json_look.h"
#include "text/package_file.h"
#include "text/package_parts.h"
#include "text/sentencepiece_file.h"
#include "text/wordpiece.h"

namespace mx {
namespace {

// In a tokenizer.json: hundreds of thousands of tokens, and of merges that are pairs.
constexpr std::size_t kMostTokenizerValues = 1 << 22;
constexpr std::ptrdiff_t kMostLines = 1 << 21;

std::vector<std::string> lines_of(std::string_view text, const std::string& name) {
  if (std::count(text.begin(), text.end(), '\n') > kMostLines) {
    fail(Kind::input, "{} holds over {} lines", name, kMostLines);
  }
  std::vector<std::string> out = split(text, '\n');
  for (std::string& line : out) {
    if (line.ends_with('\r')) line.pop_back();
  }
  return out;
}

std::unique_ptr<Tokenizer> read_vocabulary(std::string_view bytes, const std::string& name,
                                           const TokenizerFacts& facts, const Json& config) {
  WordPieceRules rules;
  rules.tokens = lines_of(bytes, name);
  if (!rules.tokens.empty() && rules.tokens.back().empty()) rules.tokens.pop_back();
  // Where nothing says it, a vocabulary without capitals is an "uncased" one.
  const bool capitals = std::ranges::any_of(rules.tokens, [](std::string_view token) {
    return !token.starts_with('[') &&
           std::ranges::any_of(token, [](char c) { return c >= 'A' && c <= 'Z'; });
  });
  rules.folding.lowercase = flag_at(config, "do_lower_case", !capitals);
  rules.folding.strip_accents = flag_at(config, "strip_accents", rules.folding.lowercase);
  TokenizerFrame frame;
  for (const std::string_view special : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
    const auto at = std::ranges::find(rules.tokens, special);
    if (at == rules.tokens.end()) continue;
    frame.added.push_back(
        {.text = std::string(special), .id = static_cast<TokenId>(at - rules.tokens.begin())});
  }
  for (const AddedToken& token : facts.added) {
    if (std::ranges::find(frame.added, token.id, &AddedToken::id) != frame.added.end()) continue;
    if (token.id >= (1U << 21U)) fail(Kind::input, "an added token's id is too high");
    if (token.id >= rules.tokens.size()) rules.tokens.resize(token.id + std::size_t{1});
    frame.added.push_back(token);
  }
  return std::make_unique<WordPieceTokenizer>(std::move(rules), std::move(frame));
}

// vocab.json and merges.txt as the tokenizer.json that the class of Transformers would make.
Json package_of_lists(const TokenizerFiles& files, const TokenizerFacts& facts,
                      const std::string& name) {
  const std::string& kind = facts.class_name;
  const bool qwen = kind == "Qwen2Tokenizer";
  const bool roberta = kind == "RobertaTokenizer" || kind == "BartTokenizer";
  if (!qwen && !roberta && !kind.empty() && kind != "GPT2Tokenizer") {
    refuse_package(name, fmt::format("vocab.json of {}", printable(kind)));
  }
  const Json vocabulary = parse_long_json(files.at("vocab.json"), name, kMostTokenizerValues);
  Json merges = Json::array();
  for (std::string& line : lines_of(files.at("merges.txt"), name)) {
    if (!line.empty() && !line.starts_with("#version")) merges.push_back(std::move(line));
  }
  Json out = {{"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", std::move(merges)}}}};
  Json bytes = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", !qwen}};
  if (qwen) {
    out["normalizer"] = {{"type", "NFC"}};
    out["pre_tokenizer"] = {{"type", "Sequence"},
                            {"pretokenizers",
                             {{{"type", "Split"},
                               {"pattern", {{"Regex", package_pattern(Split::qwen2)}}},
                               {"behavior", "Isolated"},
                               {"invert", false}},
                              std::move(bytes)}}};
  } else {
    out["pre_tokenizer"] = std::move(bytes);
  }
  Json added = Json::array();
  const auto add = [&](const AddedToken& token) {
    added.push_back({{"id", token.id},
                     {"content", token.text},
                     {"special", token.special},
                     {"lstrip", token.strip_left},
                     {"rstrip", token.strip_right},
                     {"single_word", token.single_word},
                     {"normalized", token.normalized}});
  };
  for (const AddedToken& token : facts.added) add(token);
  if (added.empty()) {  // those that the classes know by their names
    for (const std::string_view text :
         {"<s>", "<pad>", "</s>", "<unk>", "<mask>", "<|endoftext|>"}) {
      const auto id = id_at(vocabulary, text);
      if (id && roberta == (text != "<|endoftext|>")) {
        add({.text = std::string(text), .id = *id, .strip_left = text == "<mask>"});
      }
    }
  }
  out["added_tokens"] = std::move(added);
  if (roberta) {
    out["post_processor"] = {{"type", "RobertaProcessing"},
                             {"cls", {"<s>", look(vocabulary, {"<s>"})}},
                             {"sep", {"</s>", look(vocabulary, {"</s>"})}}};
  }
  return out;
}

// A .model alone has the ids of its pieces; these classes of Transformers keep them.
void check_keeps_ids(const TokenizerFacts& facts, const std::string& name) {
  constexpr std::string_view kKnown[] = {"", "LlamaTokenizer", "CodeLlamaTokenizer",
                                         "GemmaTokenizer", "T5Tokenizer"};
  if (std::ranges::find(kKnown, facts.class_name) == std::end(kKnown)) {
    refuse_package(name, fmt::format("the .model of {}", printable(facts.class_name)));
  }
}

}  // namespace

std::unique_ptr<Tokenizer> tokenizer_from_text(std::string_view bytes, const std::string& name) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) fail(Kind::input, "{} is empty", name);
  if (looks_like_sentencepiece(bytes) && bytes[first] != '{') {
    return read_sentencepiece(bytes, name, {});
  }
  if (!valid_utf8(bytes)) fail(Kind::input, "{} is no tokenizer: it is not UTF-8", name);
  if (bytes[first] != '{') {
    if (bytes.find("[UNK]") == std::string_view::npos) {
      throw Error{Kind::input, fmt::format("{} is no tokenizer", name),
                  "a file of this project, a tokenizer.json, a .model of SentencePiece or a "
                  "vocab.txt with [UNK] is one"};
    }
    return read_vocabulary(bytes, name, {}, nullptr);
  }
  const Json json = parse_long_json(bytes, name, kMostTokenizerValues);
  if (json.contains("kind")) return tokenizer_from_json(json, name);
  return read_package_tokenizer(json, name, {});
}

std::unique_ptr<Tokenizer> tokenizer_from_files(const TokenizerFiles& files,
                                                const std::string& folder) {
  TokenizerFacts facts = read_tokenizer_facts(files, folder);
  const auto named = [&](std::string_view name) { return fmt::format("{} of {}", name, folder); };
  if (const auto found = files.find("tokenizer.json"); found != files.end()) {
    const std::string name = named(found->first);
    return read_package_tokenizer(parse_long_json(found->second, name, kMostTokenizerValues), name,
                                  facts);
  }
  for (const std::string_view model :
       {"tokenizer.model", "spiece.model", "sentencepiece.bpe.model"}) {
    const auto found = files.find(model);
    if (found == files.end()) continue;
    check_keeps_ids(facts, named(model));
    // Llama's class adds <s> unless it is told otherwise.
    if (!facts.adds_begin && facts.class_name.ends_with("LlamaTokenizer")) facts.adds_begin = true;
    return read_sentencepiece(found->second, named(model), facts);
  }
  if (files.contains("vocab.json") && files.contains("merges.txt")) {
    const std::string name = named("vocab.json");
    return read_package_tokenizer(package_of_lists(files, facts, name), name, facts);
  }
  if (const auto found = files.find("vocab.txt"); found != files.end()) {
    const auto config = files.find("tokenizer_config.json");
    return read_vocabulary(found->second, named("vocab.txt"), facts,
                           config == files.end() ? Json() : parse_json(config->second, folder));
  }
  return nullptr;
}

std::unique_ptr<Tokenizer> tokenizer_from_folder(const std::string& path) {
  namespace fs = std::filesystem;
  constexpr std::uint64_t kMostText = 64 << 20;
  TokenizerFiles files;
  for (const std::string_view name : kTokenizerFiles) {
    const std::string file = (fs::path(path) / name).string();
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) continue;
    const Bytes bytes = io::read_all(*io::open_input(file), kMostText);
    files.emplace(name, text(bytes));
  }
  const std::string name = printable(path);
  std::unique_ptr<Tokenizer> out = tokenizer_from_files(files, name);
  if (!out) fail(Kind::input, "{} holds no tokenizer that is known here", name);
  return out;
}

}  // namespace mx
