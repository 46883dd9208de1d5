// SPDX-License-Identifier: Apache-2.0
#include "data/idx.h"

#include <array>

#include "base/checked.h"
#include "base/error.h"
#include "data/elements.h"

namespace mx {

bool is_idx(ByteView head) {
  return head.size() >= 4 && head[0] == 0 && head[1] == 0 && head[2] >= 0x08 && head[2] <= 0x0e &&
         head[3] >= 1 && head[3] <= 8;
}

Shape read_idx_shape(io::Input& in) {
  constexpr unsigned kUnsignedByte = 0x08;
  std::array<std::uint8_t, 4> magic;
  io::read_exactly(in, magic);
  if (!is_idx(magic)) fail(Kind::input, "{} is not an IDX file", in.name());
  if (magic[2] != kUnsignedByte) {
    fail(Kind::input, "{} is an IDX file of element type 0x{:02x}; unsigned bytes are read only",
         in.name(), magic[2]);
  }
  Shape shape;
  for (unsigned d = 0; d < magic[3]; ++d) {
    std::array<std::uint8_t, 4> size;
    io::read_exactly(in, size);
    shape.push_back((std::int64_t{size[0]} << 24U) | (size[1] << 16U) | (size[2] << 8U) | size[3]);
  }
  const std::size_t bytes = byte_count(DType::u8, shape);
  if (in.seekable() && in.size() != checked_add(bytes, 4 + 4 * shape.size(), "an IDX file")) {
    fail(Kind::input, "{} is damaged: its sizes {} do not fit its {} bytes", in.name(),
         to_string(shape), in.size());
  }
  return shape;
}

Tensor read_idx(io::Input& in, std::uint64_t limit) {
  Shape shape = read_idx_shape(in);
  Tensor out = read_elements(in, DType::u8, std::move(shape), limit);
  expect_end(in);
  return out;
}

}  // namespace mx
