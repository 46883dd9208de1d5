// SPDX-License-Identifier: Apache-2.0
#include "text/unigram.h"

#include <algorithm>

#include "text/utf8.h"

namespace mx {

Unigram::Unigram(std::span<const UnigramPiece> pieces, Rules rules) : rules_(rules) {
  scores_.reserve(pieces.size());
  for (const UnigramPiece& piece : pieces) {
    trie_.insert(piece.text, static_cast<std::uint32_t>(scores_.size()));
    scores_.push_back({piece.score, piece.id, piece.always});
  }
}

void Unigram::search(std::string_view text, double& score, Scratch& scratch) const {
  rules_.single ? run<float>(text, score, scratch) : run<double>(text, score, scratch);
}

template <class Sum>
void Unigram::run(std::string_view text, double& score, Scratch& scratch) const {
  constexpr Sum kUnknownPenalty = 10, kResetAt = 100000;
  constexpr std::uint32_t kUnreached = ~std::uint32_t{0};
  const Sum unknown = static_cast<Sum>(rules_.lowest) - kUnknownPenalty;
  auto& best = scratch.best;
  best.assign(text.size() + 1, {0, kUnreached, kNoPiece});
  best[0].score = score;
  std::size_t reached = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    auto before = static_cast<Sum>(best[begin].score);
    if (rules_.single && (before < -kResetAt || before > kResetAt)) {
      // Single precision runs out: sums go on from zero.
      for (std::size_t i = begin; i <= reached; ++i) {
        if (i != begin && best[i].begin == kUnreached) continue;
        best[i].score = static_cast<Sum>(best[i].score) - before;
      }
      before = 0;
    }
    const std::size_t character = decode_character(text, begin).size;
    bool single = false;  // whether a piece is this one character
    const auto offer = [&](std::size_t end, Sum sum, TokenId id) {
      reached = std::max(reached, end);
      Scratch::Best& at = best[end];
      if (at.begin != kUnreached && !(sum > at.score)) return;
      at = {sum, static_cast<std::uint32_t>(begin), id};
    };
    std::size_t end = begin + 1;
    for (ByteTrie::Step step = trie_.first(text[begin]); step.node != ByteTrie::kNone;) {
      if (step.value != ByteTrie::kNone) {
        const Scored& piece = scores_[step.value];
        const double own = piece.always ? 0.1 * static_cast<double>(end - begin - 1) : piece.score;
        offer(end, static_cast<Sum>(own) + before, piece.id);
        single = single || end - begin == character;
      }
      if (end == text.size()) break;
      step = trie_.next(step.node, text[end++]);
    }
    if (!single) offer(begin + character, unknown + before, kNoPiece);
    begin += character;
  }
  scratch.parts.clear();
  for (std::size_t end = text.size(); end > 0; end = best[end].begin) {
    scratch.parts.push_back({best[end].begin, end, best[end].id});
  }
  std::ranges::reverse(scratch.parts);
  score = best[text.size()].score;
}

}  // namespace mx
