// SPDX-License-Identifier: Apache-2.0
#include "text/tokenizer_facts.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/words.h"
#include "text/json_look.h"

namespace mx {
namespace {

// Ends of texts by their usual names, where no file says which it is.
constexpr std::string_view kUsualEnds[] = {"</s>", "<|end_of_text|>", "<eos>"};

Json file_of(const TokenizerFiles& files, std::string_view name, const std::string& folder) {
  const auto found = files.find(name);
  if (found == files.end()) return nullptr;
  return parse_json(found->second, fmt::format("{} of {}", name, folder));
}

// A token is a text, or an object with its content.
std::optional<std::string> token_at(const Json& json, std::string_view key) {
  std::string text = word_at(json, {key});
  if (text.empty()) text = word_at(json, {key, "content"});
  return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<bool> flag(const Json& json, std::string_view key) {
  const Json& value = look(json, {key});
  return value.is_boolean() ? std::optional(value.get<bool>()) : std::nullopt;
}

void read_added(const Json& config, const Json& added, const Json& map,
                std::vector<AddedToken>& out) {
  const Json& decoder = look(config, {"added_tokens_decoder"});
  if (decoder.is_object()) {
    for (const auto& [key, token] : decoder.items()) {
      const std::optional<std::uint64_t> id = whole_number(key);
      const std::string text = word_at(token, {"content"});
      if (!id || *id >= (1 << 24) || text.empty()) fail(Kind::input, "an added token is none");
      out.push_back({.text = text,
                     .id = static_cast<TokenId>(*id),
                     .special = flag_at(token, "special", true),
                     .strip_left = flag_at(token, "lstrip", false),
                     .strip_right = flag_at(token, "rstrip", false),
                     .single_word = flag_at(token, "single_word", false),
                     .normalized = flag_at(token, "normalized", false)});
    }
    return;
  }
  if (!added.is_object()) return;
  std::set<std::string, std::less<>> special;
  for (const auto& [key, value] : map.items()) {
    if (const auto text = token_at(map, key)) special.insert(*text);
    if (!value.is_array()) continue;
    for (const Json& item : value) {
      if (item.is_string()) special.insert(item.get<std::string>());
    }
  }
  for (const auto& [text, value] : added.items()) {
    const std::optional<std::uint32_t> id = id_at(value, "");
    if (!id || text.empty()) fail(Kind::input, "an added token is none");
    out.push_back({.text = text, .id = *id, .special = special.contains(text)});
  }
}

}  // namespace

TokenizerFacts read_tokenizer_facts(const TokenizerFiles& files, const std::string& folder) {
  TokenizerFacts out;
  const Json config = file_of(files, "tokenizer_config.json", folder);
  const Json map = file_of(files, "special_tokens_map.json", folder);
  out.class_name = word_at(config, {"tokenizer_class"});
  if (out.class_name.ends_with("Fast")) out.class_name.resize(out.class_name.size() - 4);
  out.begin = token_at(config, "bos_token");
  out.end = token_at(config, "eos_token");
  if (!out.begin) out.begin = token_at(map, "bos_token");
  if (!out.end) out.end = token_at(map, "eos_token");
  out.adds_begin = flag(config, "add_bos_token");
  out.adds_end = flag(config, "add_eos_token");
  const Json generation = file_of(files, "generation_config.json", folder);
  const Json& stops = look(generation, {"eos_token_id"});
  for (const Json& stop : stops.is_array() ? stops : Json::array({stops})) {
    if (const auto id = id_at(stop, "")) out.stops.push_back(*id);
  }
  read_added(config, file_of(files, "added_tokens.json", folder), map, out.added);
  return out;
}

void apply_facts(const TokenizerFacts& facts,
                 const std::function<std::optional<TokenId>(std::string_view)>& id_of,
                 TokenizerFrame& frame) {
  const auto id = [&](const std::optional<std::string>& text) {
    return text ? id_of(*text) : std::nullopt;
  };
  if (facts.adds_begin) frame.begin = *facts.adds_begin ? id(facts.begin) : std::nullopt;
  const bool closed = frame.end.has_value();
  if (facts.adds_end == true || !closed) {
    if (const std::optional<TokenId> end = id(facts.end)) frame.end = end;
  }
  for (const std::string_view text : kUsualEnds) {
    if (!frame.end && !facts.end) frame.end = id_of(text);
  }
  frame.open = frame.end && !closed && facts.adds_end != true;
  // Only tokens that the tokenizer knows, and each once.
  for (const TokenId stop : facts.stops) {
    const bool known = std::ranges::find(frame.added, stop, &AddedToken::id) != frame.added.end();
    const bool listed = std::ranges::find(frame.stops, stop) != frame.stops.end();
    if (known && !listed && stop != frame.end) frame.stops.push_back(stop);
  }
}

}  // namespace mx
