// SPDX-License-Identifier: Apache-2.0
// PieceTokenizer's merges, and its JSON.
#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "text/packed_lists.h"
#include "text/pieces.h"

namespace mx {
namespace {

constexpr std::array<std::string_view, 3> kSearches = {"merges", "scores", "unigram"};
constexpr std::size_t kMostPairs = 1U << 21U;
constexpr TokenId kMostId = (1 << 22) - 1;

}  // namespace

PieceTokenizer::Pairs PieceTokenizer::pairs_of_merges() const {
  Pairs out;
  if (rules_.merges.size() > kMostPairs) fail(Kind::input, "the merges are too many");
  for (const BpeMerge& merge : rules_.merges) {
    if (merge.left >= size() || merge.right >= size() || !ordinary_[merge.left] ||
        !ordinary_[merge.right]) {
      fail(Kind::input, "the merge of {} and {} is not one of tokens", merge.left, merge.right);
    }
    const auto result = ids_.find(rules_.tokens[merge.left] + rules_.tokens[merge.right]);
    if (result == ids_.end()) {
      fail(Kind::input, "the merge of {} and {} gives no token", merge.left, merge.right);
    }
    out.merges.push_back({merge.left, merge.right, result->second});
  }
  return out;
}

// As SentencePiece's BPE (bpe_model.cc): any two neighbours that are a token together are merged,
// the token of the best score first.
PieceTokenizer::Pairs PieceTokenizer::pairs_of_scores() const {
  std::vector<TokenId> order;
  for (const auto& [text, id] : ids_) order.push_back(id);
  std::ranges::sort(order, [&](TokenId a, TokenId b) {
    return rules_.scores[a] != rules_.scores[b] ? rules_.scores[a] > rules_.scores[b] : a < b;
  });
  Pairs out;
  std::uint32_t rank = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && rules_.scores[order[i]] != rules_.scores[order[i - 1]]) ++rank;
    const std::string_view text = rules_.tokens[order[i]];
    for (std::size_t at = 1; at < text.size(); ++at) {
      if (is_continuation(text[at])) continue;
      const auto left = symbol_of(text.substr(0, at)), right = symbol_of(text.substr(at));
      if (!left || !right) continue;
      if (out.merges.size() == kMostPairs) fail(Kind::input, "the merges are too many");
      out.merges.push_back({*left, *right, order[i]});
      out.ranks.push_back(rank);
    }
  }
  return out;
}

std::vector<BpeMerge> PieceTokenizer::merges() const {
  if (rules_.search == PieceSearch::unigram) return {};
  return rules_.search == PieceSearch::merges ? pairs_of_merges().merges : pairs_of_scores().merges;
}

std::unique_ptr<Tokenizer> PieceTokenizer::from_json(JsonObject& object) {
  PieceRules rules;
  const std::string search = object.text("search");
  const auto found = std::ranges::find(kSearches, search);
  if (found == kSearches.end()) fail(Kind::input, "{}: 'search' is not known", object.where());
  rules.search = static_cast<PieceSearch>(found - kSearches.begin());
  rules.tokens = texts_from_list(object, "tokens");
  if (rules.search == PieceSearch::merges) {
    const std::vector<TokenId> flat = ids_from_list(object, "merges", kMostId);
    if (flat.size() % 2 != 0) fail(Kind::input, "{}: 'merges' are not pairs", object.where());
    for (std::size_t i = 0; i < flat.size(); i += 2) {
      rules.merges.push_back({flat[i], flat[i + 1], 0});
    }
  } else {
    rules.scores = numbers_from_list(object, "scores");
  }
  if (object.has("unknown")) {
    rules.unknown = static_cast<TokenId>(object.integer("unknown", 0, kMostId));
  }
  rules.bytes = object.boolean_or("bytes", rules.bytes);
  rules.fuse = object.boolean_or("fuse", rules.fuse);
  rules.words = object.boolean_or("words", rules.words);
  rules.single = object.boolean_or("single", rules.single);
  if (object.has("always")) rules.always = ids_from_list(object, "always", kMostId);
  TokenizerFrame frame(object);
  object.finish();
  return std::make_unique<PieceTokenizer>(std::move(rules), std::move(frame));
}

Json PieceTokenizer::to_json() const {
  const PieceRules usual;
  Json json = {{"kind", name_of(kind())},
               {"search", kSearches.at(static_cast<std::size_t>(rules_.search))}};
  const auto flag = [&](const char* name, bool PieceRules::*value) {
    if (rules_.*value != usual.*value) json[name] = rules_.*value;
  };
  flag("bytes", &PieceRules::bytes);
  flag("fuse", &PieceRules::fuse);
  flag("words", &PieceRules::words);
  flag("single", &PieceRules::single);
  if (rules_.unknown) json["unknown"] = *rules_.unknown;
  if (!rules_.always.empty()) json["always"] = list_json(rules_.always);
  json["tokens"] = list_json(rules_.tokens);
  if (rules_.search == PieceSearch::merges) {
    std::vector<TokenId> flat;
    for (const BpeMerge& merge : rules_.merges) {
      flat.push_back(merge.left);
      flat.push_back(merge.right);
    }
    json["merges"] = list_json(flat);
  } else {
    json["scores"] = list_json(rules_.scores);
  }
  frame().put(json);
  return json;
}

}  // namespace mx
