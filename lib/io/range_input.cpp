// SPDX-License-Identifier: Apache-2.0
#include "io/range_input.h"

#include <algorithm>

#include "base/error.h"

namespace mx::io {

std::size_t RangeInput::read(std::span<std::uint8_t> out) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - at_));
  in_.read_at(begin_ + at_, out.first(count));
  at_ += count;
  return count;
}

void RangeInput::read_at(std::uint64_t offset, std::span<std::uint8_t> out) const {
  if (offset > size_ || out.size() > size_ - offset) fail(Kind::input, "{} is incomplete", name());
  in_.read_at(begin_ + offset, out);
}

}  // namespace mx::io
