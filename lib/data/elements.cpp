// SPDX-License-Identifier: Apache-2.0
#include "data/elements.h"

#include <algorithm>
#include <array>

#include "base/error.h"

namespace mx {

Tensor read_elements(io::Input& in, DType dtype, Shape shape) {
  constexpr std::size_t kTrusted = 1U << 30U;  // pages that are not written cost nothing
  constexpr std::size_t kFirst = 64U << 20U;
  const std::size_t size = byte_count(dtype, shape);
  if (in.seekable() && size > in.size()) fail(Kind::input, "{} is incomplete", in.name());
  if (in.seekable() || size <= kTrusted) {
    Tensor out(dtype, std::move(shape));
    io::read_exactly(in, out.data.bytes());
    return out;
  }
  Bytes bytes;
  while (bytes.size() < size) {
    const std::size_t before = bytes.size();
    bytes.resize(std::min(size, std::max(kFirst, 2 * before)));
    io::read_exactly(in, std::span(bytes).subspan(before));
  }
  Tensor out(dtype, std::move(shape));
  std::copy(bytes.begin(), bytes.end(), out.data.bytes().begin());
  return out;
}

void expect_end(io::Input& in) {
  std::array<std::uint8_t, 1> more;
  if (in.read(more) != 0) fail(Kind::input, "{} has bytes behind its end", in.name());
}

}  // namespace mx
