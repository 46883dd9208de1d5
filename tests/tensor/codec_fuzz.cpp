// SPDX-License-Identifier: Apache-2.0
// Any bytes as an encoded chunk: decoded exactly or refused. The first four bytes choose codec,
// element type, number of elements and row.
#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "base/error.h"
#include "tensor/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const auto codec = static_cast<mx::Codec>(data[0] % 7);
  static constexpr mx::DType kTypes[] = {mx::DType::f32, mx::DType::bf16, mx::DType::i8,
                                         mx::DType::i64};
  const mx::DType dtype = kTypes[data[1] % 4];
  const std::size_t count = data[2];
  std::vector<std::uint8_t> raw(count * mx::size_of(dtype));
  std::vector<std::uint8_t> base(raw.size(), data[3]);
  const mx::ChunkHint hint{.row = data[3], .start = 0, .base = base};
  try {
    mx::decode(codec, dtype, {data + 4, size - 4}, hint, raw);
  } catch (const mx::Error& error) {
    if (error.kind() != mx::Kind::input) throw;
  }
  // The same bytes as a chunk to encode must come back bit by bit.
  std::copy_n(data + 4, std::min(size - 4, raw.size()), raw.begin());
  if (codec == mx::Codec::shared && !mx::can_share(dtype, raw)) return 0;
  const mx::Bytes encoded = mx::encode(codec, dtype, raw, hint, mx::Effort::normal);
  std::vector<std::uint8_t> back(raw.size());
  mx::decode(codec, dtype, encoded, hint, back);
  if (back != raw) throw std::logic_error("another chunk came back");
  return 0;
}
