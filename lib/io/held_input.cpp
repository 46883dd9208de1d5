// SPDX-License-Identifier: Apache-2.0
#include "io/held_input.h"

#include <algorithm>

#include "base/error.h"
#include "base/words.h"

namespace mx::io {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20U;

}  // namespace

HeldInput::HeldInput(std::unique_ptr<Input> in, std::uint64_t limit) : name_(in->name()) {
  Bytes block(kBlock);
  for (std::size_t filled = 0;;) {
    const std::size_t got = in->read(std::span(block).subspan(filled));
    filled += got;
    size_ += got;
    if (size_ > limit) {
      throw Error{Kind::input,
                  fmt::format("{} holds more than the limit of {}", name_, human_bytes(limit)),
                  "raise it with --max-memory if you trust the file"};
    }
    if (got != 0 && filled < kBlock) continue;
    block.resize(filled);
    block.shrink_to_fit();
    blocks_.push_back(std::move(block));
    if (got == 0) return;
    block = Bytes(kBlock);
    filled = 0;
  }
}

std::size_t HeldInput::read(std::span<std::uint8_t> out) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - at_));
  read_at(at_, out.first(count));
  at_ += count;
  return count;
}

void HeldInput::read_at(std::uint64_t offset, std::span<std::uint8_t> out) const {
  if (offset > size_ || out.size() > size_ - offset) fail(Kind::input, "{} is incomplete", name_);
  while (!out.empty()) {
    const Bytes& block = blocks_[static_cast<std::size_t>(offset / kBlock)];
    const auto from = static_cast<std::size_t>(offset % kBlock);
    const std::size_t count = std::min(out.size(), block.size() - from);
    std::copy_n(block.begin() + static_cast<std::ptrdiff_t>(from), count, out.begin());
    offset += count;
    out = out.subspan(count);
  }
}

}  // namespace mx::io
