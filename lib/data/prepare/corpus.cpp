// SPDX-License-Identifier: Apache-2.0
#include "data/prepare/corpus.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <numeric>

#include "base/error.h"

namespace mx {

void Corpus::add(const Document& document) {
  if (documents_ == std::numeric_limits<std::uint32_t>::max() - 1) {
    throw Error{Kind::input, "there are over four thousand million documents",
                "prepare them in several files"};
  }
  const std::array<std::uint32_t, 2> head = {static_cast<std::uint32_t>(document.text.size()),
                                             static_cast<std::uint32_t>(document.answer)};
  static_assert(sizeof(head) == kHead);
  texts_.append({reinterpret_cast<const std::uint8_t*>(head.data()), sizeof(head)});
  texts_.append(view(document.text));
  ++documents_;
}

void Corpus::seal() {
  parts_ = std::make_unique<io::ScratchMap>(folder_, documents_);
  clusters_ = std::make_unique<io::ScratchMap>(folder_, 4ULL * documents_);
  std::ranges::fill(parts(), Part::train);
  std::iota(clusters().begin(), clusters().end(), 0U);
}

void Corpus::Reader::read(std::span<std::uint8_t> out) {
  constexpr std::size_t kBlock = 1U << 20U;
  while (!out.empty()) {
    if (at_ < block_at_ || at_ >= block_at_ + block_.size()) {
      block_at_ = at_;
      block_.resize(
          static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, corpus_.texts_.size() - at_)));
      corpus_.texts_.read_at(at_, block_);
    }
    const std::size_t from = static_cast<std::size_t>(at_ - block_at_);
    const std::size_t count = std::min(out.size(), block_.size() - from);
    std::memcpy(out.data(), block_.data() + from, count);
    at_ += count;
    out = out.subspan(count);
  }
}

bool Corpus::Reader::next(Head& head) {
  if (next_ == corpus_.documents_) return false;
  ++next_;
  read({reinterpret_cast<std::uint8_t*>(&head), sizeof(head)});
  return true;
}

bool Corpus::Reader::skip(std::uint32_t& bytes) {
  Head head = {};
  if (!next(head)) return false;
  bytes = head.bytes;
  at_ += bytes;
  return true;
}

bool Corpus::Reader::next(Document& document) {
  Head head = {};
  if (!next(head)) return false;
  document.answer = head.answer;
  document.text.resize(head.bytes);
  read({reinterpret_cast<std::uint8_t*>(document.text.data()), document.text.size()});
  return true;
}

}  // namespace mx
