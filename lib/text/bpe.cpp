// SPDX-License-Identifier: Apache-2.0
#include "text/bpe.h"

#include <algorithm>
#include <bit>
#include <queue>
#include <utility>

#include "base/error.h"
#include "text/hash.h"
#include "text/split.h"
#include "text/word_cache.h"

namespace mx {
namespace {

constexpr std::size_t kShort = 48;  // bytes up to which scanning for the best pair is fastest
constexpr std::size_t kMostBytes = 64U << 20U;  // of all tokens together

std::uint64_t pair_of(TokenId left, TokenId right) {
  return static_cast<std::uint64_t>(left) << 32U | right;
}

class BpeEncoder final : public Encoder {
 public:
  explicit BpeEncoder(const BpeTokenizer& tokenizer) : tokenizer_(tokenizer) {}

  void encode(std::string_view text, std::vector<TokenId>& ids) override {
    Gpt2Splitter words(text);
    std::string_view word;
    while (words.next(word)) {
      cache_.append(word, ids, [this](std::string_view unseen, std::vector<TokenId>& out) {
        tokenizer_.encode_word(unseen, out);
      });
    }
  }

 private:
  const BpeTokenizer& tokenizer_;
  WordCache cache_;
};

std::array<TokenId, 256> ids_from_json(JsonObject& object, std::int64_t most) {
  if (!object.has("bytes")) return gpt2_byte_ids();
  const std::vector<std::int64_t> given = object.integers("bytes", 0, most);
  if (given.size() != 256) fail(Kind::input, "{}: 'bytes' is not 256 ids", object.where());
  std::array<TokenId, 256> ids = {};
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<TokenId>(given[i]);
  return ids;
}

}  // namespace

const std::array<TokenId, 256>& gpt2_byte_ids() {
  static const std::array<TokenId, 256> kIds = [] {
    std::array<TokenId, 256> table = {};
    const auto prints = [](std::size_t byte) {
      return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    };
    TokenId next = 0;
    for (const bool wanted : {true, false}) {
      for (std::size_t byte = 0; byte < table.size(); ++byte) {
        if (prints(byte) == wanted) table[byte] = next++;
      }
    }
    return table;
  }();
  return kIds;
}

PairRanks::PairRanks(std::span<const BpeMerge> merges)
    : slots_(std::bit_ceil(2 * merges.size() + 2)), mask_(slots_.size() - 1) {
  for (std::size_t rank = 0; rank < merges.size(); ++rank) {
    const std::uint64_t pair = pair_of(merges[rank].left, merges[rank].right);
    std::size_t at = hash_numbers(pair, 0) & mask_;
    while (slots_[at].rank != kNone && slots_[at].pair != pair) at = (at + 1) & mask_;
    if (slots_[at].rank != kNone) {
      fail(Kind::input, "the bpe tokenizer merges {} and {} twice", merges[rank].left,
           merges[rank].right);
    }
    slots_[at] = {pair, static_cast<std::uint32_t>(rank)};
  }
}

std::uint32_t PairRanks::find(TokenId left, TokenId right) const {
  const std::uint64_t pair = pair_of(left, right);
  std::size_t at = hash_numbers(pair, 0) & mask_;
  while (slots_[at].rank != kNone && slots_[at].pair != pair) at = (at + 1) & mask_;
  return slots_[at].rank;
}

BpeTokenizer::BpeTokenizer(const std::array<TokenId, 256>& byte_ids, std::vector<BpeMerge> merges,
                           std::vector<SpecialToken> specials)
    : Tokenizer(std::move(specials)),
      byte_ids_(byte_ids),
      merges_(std::move(merges)),
      ranks_(merges_) {
  std::vector<std::string> tokens(256 + merges_.size() + this->specials().size());
  std::size_t known = this->specials().size(), total = 0;
  const auto define = [&](TokenId id, std::string text) {
    if (id >= tokens.size() || is_special(id) || (!tokens[id].empty() && tokens[id] != text)) {
      fail(Kind::input, "the bpe tokenizer's id {} is out of range or given twice", id);
    }
    if (!tokens[id].empty()) return;  // two merges may end in the same token
    total += text.size();
    ++known;
    tokens[id] = std::move(text);
  };
  for (std::size_t byte = 0; byte < 256; ++byte) {
    if (byte_ids[byte] < tokens.size() && !tokens[byte_ids[byte]].empty()) {
      fail(Kind::input, "the bpe tokenizer gives two bytes the id {}", byte_ids[byte]);
    }
    define(byte_ids[byte], std::string(1, static_cast<char>(static_cast<std::uint8_t>(byte))));
  }
  for (const BpeMerge& merge : merges_) {
    if (merge.left >= tokens.size() || merge.right >= tokens.size() || tokens[merge.left].empty() ||
        tokens[merge.right].empty()) {
      fail(Kind::input, "the bpe tokenizer merges {} and {} before it knows them", merge.left,
           merge.right);
    }
    std::string text = tokens[merge.left] + tokens[merge.right];
    if (text.size() > kLongest || total + text.size() > kMostBytes) {
      fail(Kind::input, "the bpe tokenizer's token {} is too long", merge.result);
    }
    define(merge.result, std::move(text));
  }
  tokens.resize(known);  // ids must be dense; fewer than there is room for when merges share them
  for (const SpecialToken& token : this->specials()) {
    if (token.id >= known) fail(Kind::input, "the special token's id {} leaves a gap", token.id);
  }
  for (const auto& [left, right, result] : merges_) {
    if (result >= known) fail(Kind::input, "the bpe tokenizer's id {} leaves a gap", result);
  }
  offsets_.reserve(known + 1);
  offsets_.push_back(0);
  for (const std::string& token : tokens) {
    bytes_ += token;
    offsets_.push_back(static_cast<std::uint32_t>(bytes_.size()));
  }
}

std::unique_ptr<Tokenizer> BpeTokenizer::from_json(JsonObject& object) {
  constexpr std::int64_t kMostId = 1 << 24;
  const std::vector<std::int64_t> flat = object.integers("merges", 0, kMostId);
  if (flat.size() % 2 != 0) fail(Kind::input, "{}: 'merges' are not pairs", object.where());
  std::vector<std::int64_t> results;
  if (object.has("results")) {
    results = object.integers("results", 0, kMostId);
    if (results.size() != flat.size() / 2) {
      fail(Kind::input, "{}: 'results' has not one id per merge", object.where());
    }
  }
  std::vector<BpeMerge> merges(flat.size() / 2);
  for (std::size_t i = 0; i < merges.size(); ++i) {
    merges[i] = {
        static_cast<TokenId>(flat[2 * i]), static_cast<TokenId>(flat[2 * i + 1]),
        static_cast<TokenId>(results.empty() ? 256 + i : static_cast<std::size_t>(results[i]))};
  }
  const std::array<TokenId, 256> bytes = ids_from_json(object, kMostId);
  std::vector<SpecialToken> specials = specials_from_json(object);
  object.finish();
  return std::make_unique<BpeTokenizer>(bytes, std::move(merges), std::move(specials));
}

std::unique_ptr<Encoder> BpeTokenizer::encoder() const {
  return std::make_unique<BpeEncoder>(*this);
}

Json BpeTokenizer::to_json() const {
  Json json = {{"kind", name_of(kind())}};
  if (byte_ids_ != gpt2_byte_ids()) json["bytes"] = byte_ids_;
  Json flat = Json::array(), results = Json::array();
  bool usual = true;
  for (std::size_t i = 0; i < merges_.size(); ++i) {
    flat.push_back(merges_[i].left);
    flat.push_back(merges_[i].right);
    results.push_back(merges_[i].result);
    usual = usual && merges_[i].result == 256 + i;
  }
  json["merges"] = std::move(flat);
  if (!usual) json["results"] = std::move(results);
  if (!specials().empty()) json["special"] = specials_json();
  return json;
}

std::string_view BpeTokenizer::bytes_of(TokenId id) const {
  return std::string_view(bytes_).substr(offsets_[id], offsets_[id + 1] - offsets_[id]);
}

void BpeTokenizer::append_text(TokenId id, bool, std::string& out) const { out += bytes_of(id); }

void BpeTokenizer::encode_word(std::string_view word, std::vector<TokenId>& ids) const {
  if (word.size() <= kShort) return encode_short(word, ids);
  encode_long(word, ids);
}

void BpeTokenizer::encode_short(std::string_view word, std::vector<TokenId>& ids) const {
  std::array<TokenId, kShort> tokens = {};
  std::array<std::uint32_t, kShort> ranks = {};  // of the pair that begins here
  std::size_t count = word.size();
  for (std::size_t i = 0; i < count; ++i) tokens[i] = byte_ids_[static_cast<std::uint8_t>(word[i])];
  const auto rank_at = [&](std::size_t i) {
    return i + 1 < count ? ranks_.find(tokens[i], tokens[i + 1]) : PairRanks::kNone;
  };
  for (std::size_t i = 0; i < count; ++i) ranks[i] = rank_at(i);
  while (count > 1) {
    const auto end = ranks.begin() + static_cast<std::ptrdiff_t>(count);
    const auto best = std::min_element(ranks.begin(), end);  // the first of equal ones
    if (*best == PairRanks::kNone) break;
    const auto at = static_cast<std::size_t>(best - ranks.begin());
    tokens[at] = merges_[*best].result;
    std::copy(tokens.begin() + static_cast<std::ptrdiff_t>(at) + 2,
              tokens.begin() + static_cast<std::ptrdiff_t>(count),
              tokens.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    std::copy(best + 2, end, best + 1);
    --count;
    ranks[at] = rank_at(at);
    if (at > 0) ranks[at - 1] = rank_at(at - 1);
  }
  ids.insert(ids.end(), tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(count));
}

// A linked list of tokens and a heap of pairs: n log n, whatever the word.
void BpeTokenizer::encode_long(std::string_view word, std::vector<TokenId>& ids) const {
  constexpr std::size_t kEnd = ~std::size_t{0};
  struct Node {
    TokenId token;
    std::size_t before, after;
    bool alive;
  };
  struct Candidate {
    std::uint32_t rank;
    std::size_t at;
    TokenId left, right;  // as they were; a merge since then makes the candidate stale
  };
  const auto later = [](const Candidate& a, const Candidate& b) {
    return a.rank != b.rank ? a.rank > b.rank : a.at > b.at;
  };
  std::vector<Node> nodes(word.size());
  std::priority_queue<Candidate, std::vector<Candidate>, decltype(later)> heap(later);
  const auto offer = [&](std::size_t at) {
    if (at == kEnd || nodes[at].after == kEnd) return;
    const TokenId left = nodes[at].token, right = nodes[nodes[at].after].token;
    const std::uint32_t rank = ranks_.find(left, right);
    if (rank != PairRanks::kNone) heap.push({rank, at, left, right});
  };
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    nodes[i] = {byte_ids_[static_cast<std::uint8_t>(word[i])], i == 0 ? kEnd : i - 1,
                i + 1 == nodes.size() ? kEnd : i + 1, true};
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) offer(i);
  while (!heap.empty()) {
    const Candidate best = heap.top();
    heap.pop();
    Node& node = nodes[best.at];
    if (!node.alive || node.token != best.left || node.after == kEnd ||
        nodes[node.after].token != best.right) {
      continue;
    }
    nodes[node.after].alive = false;
    node.token = merges_[best.rank].result;
    node.after = nodes[node.after].after;
    if (node.after != kEnd) nodes[node.after].before = best.at;
    offer(best.at);
    offer(node.before);
  }
  for (std::size_t at = 0; at != kEnd; at = nodes[at].after) ids.push_back(nodes[at].token);
}

}  // namespace mx
