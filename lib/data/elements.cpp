// SPDX-License-Identifier: Apache-2.0
#include "data/elements.h"

#include <array>

#include "base/error.h"
#include "file/memory.h"

namespace mx {

Tensor read_elements(io::Input& in, DType dtype, Shape shape, std::uint64_t limit) {
  const std::size_t size = byte_count(dtype, shape);
  if (in.seekable() && size > in.size()) fail(Kind::input, "{} is incomplete", in.name());
  check_memory(in.name(), size, limit);
  Tensor out(dtype, std::move(shape));
  io::read_exactly(in, out.data.bytes());
  return out;
}

void expect_end(io::Input& in) {
  std::array<std::uint8_t, 1> more;
  if (in.read(more) != 0) fail(Kind::input, "{} has bytes behind its end", in.name());
}

}  // namespace mx
