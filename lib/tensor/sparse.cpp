// SPDX-License-Identifier: Apache-2.0
#include "tensor/sparse.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "tensor/coded.h"
#include "tensor/planes.h"
#include "tensor/scratch.h"

namespace mx {
namespace {

constexpr std::uint8_t kCodedMask = 3;  // beside the modes of planes

std::size_t mask_bytes(std::size_t elements) { return (elements + 7) / 8; }

// Calls each(i) for every element of `size` bytes that is not zero, in order.
template <class F>
void each_nonzero(ByteView mask, F&& each) {
  for (std::size_t byte = 0; byte < mask.size(); ++byte) {
    for (unsigned bits = mask[byte]; bits != 0; bits &= bits - 1) {
      each(byte * 8 + static_cast<unsigned>(std::countr_zero(bits)));
    }
  }
}

Bytes mask_of(ByteView raw, std::size_t size) {
  const std::size_t n = raw.size() / size;
  Bytes mask(mask_bytes(n));
  for (std::size_t i = 0; i < n; ++i) {
    std::uint64_t value = 0;
    std::memcpy(&value, raw.data() + i * size, size);
    if (value != 0) mask[i / 8] = static_cast<std::uint8_t>(mask[i / 8] | 1U << (i % 8));
  }
  return mask;
}

std::uint64_t load(const std::uint8_t* at, std::size_t size) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, size);
  return value;
}

void write_best(ByteWriter& out, DType dtype, ByteView raw, ChunkHint hint, Effort effort) {
  const Codec codec = choose_codec(dtype, raw, hint, effort);
  out.u8(static_cast<std::uint8_t>(codec));
  out.put(encode(codec, dtype, raw, hint, effort));
}

}  // namespace

Bytes encode_sparse(DType dtype, ByteView raw, ChunkHint hint, Effort effort) {
  const std::size_t size = size_of(dtype);
  const Bytes mask = mask_of(raw, size);
  Bytes nonzeros;
  nonzeros.reserve(raw.size());
  each_nonzero(mask, [&](std::size_t i) {
    nonzeros.insert(nonzeros.end(), raw.data() + i * size, raw.data() + (i + 1) * size);
  });
  ByteWriter out;
  const std::size_t n = raw.size() / size;
  ByteWriter plane;
  write_plane(plane, mask);
  // One decision per element, as for a tensor of bytes.
  Bytes coded;
  const bool slow = may_code(effort, 1, std::max(hint.whole, raw.size()) / size, hint.model);
  if (slow) coded = encode_mask(mask, n, hint);
  if (slow && coded.size() + 3 < plane.bytes().size()) {
    out.u8(kCodedMask);
    out.sized(coded);
  } else {
    out.put(plane.bytes());
  }
  // In large tensors nonzeros are noise behind an exponent; looking for more would cost speed.
  write_best(out, dtype, nonzeros, {.whole = hint.whole, .model = hint.model},
             slow ? effort : Effort::fast);
  return out.take();
}

void decode_sparse(DType dtype, ByteView encoded, ChunkHint hint, std::span<std::uint8_t> raw) {
  const std::size_t size = size_of(dtype);
  const std::size_t n = raw.size() / size;
  ByteReader in(encoded, "a block of sparse values");
  Bytes room(mask_bytes(n));
  ByteView mask = room;
  if (in.left() != 0 && encoded.front() == kCodedMask) {
    (void)in.u8();
    decode_mask(in.sized(encoded.size()), n, hint, room);
  } else {
    mask = read_plane(in, room);
  }
  if (n % 8 != 0 && mask.back() >> (n % 8) != 0) {
    fail(Kind::input, "a bitmap of nonzeros is longer than its tensor");
  }
  std::size_t count = 0;
  for (const std::uint8_t byte : mask) count += static_cast<std::size_t>(std::popcount(byte));
  const Codec codec = codec_from(in.u8());
  if (codec == Codec::sparse || codec == Codec::delta) {
    fail(Kind::input, "a sparse block holds a codec that is not allowed");
  }
  Buffer large;
  const std::span nonzeros = scratch<struct Nonzeros>(count * size, large);
  decode(codec, dtype, in.take(in.left()), {}, nonzeros);
  if (!raw.empty()) std::memset(raw.data(), 0, raw.size());
  const std::uint8_t* from = nonzeros.data();
  each_nonzero(mask, [&](std::size_t i) {
    std::memcpy(raw.data() + i * size, from, size);
    from += size;
  });
}

std::optional<std::vector<std::uint64_t>> shared_values(DType dtype, ByteView raw) {
  const std::size_t size = size_of(dtype);
  const std::size_t n = raw.size() / size;
  std::vector<std::uint64_t> table;
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t value = load(raw.data() + i * size, size);
    if (i != 0 && value == load(raw.data() + (i - 1) * size, size)) continue;
    const auto at = std::ranges::lower_bound(table, value);
    if (at != table.end() && *at == value) continue;
    if (table.size() == 256) return std::nullopt;
    table.insert(at, value);
  }
  if (table.empty()) return std::nullopt;
  return table;
}

Bytes encode_shared(DType dtype, ByteView raw, std::span<const std::uint64_t> table, ChunkHint hint,
                    Effort effort) {
  const std::size_t size = size_of(dtype);
  Bytes indices(raw.size() / size);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const auto at = std::ranges::lower_bound(table, load(raw.data() + i * size, size));
    indices[i] = static_cast<std::uint8_t>(at - table.begin());
  }
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(table.size() - 1));
  for (const std::uint64_t& value : table) {
    out.put({reinterpret_cast<const std::uint8_t*>(&value), size});
  }
  hint.base = {};
  Codec codec = choose_codec(DType::u8, indices, hint, effort);
  if (codec == Codec::sparse || codec == Codec::shared) codec = Codec::planes;
  out.u8(static_cast<std::uint8_t>(codec));
  out.put(encode(codec, DType::u8, indices, hint, effort));
  return out.take();
}

void decode_shared(DType dtype, ByteView encoded, ChunkHint hint, std::span<std::uint8_t> raw) {
  const std::size_t size = size_of(dtype);
  const std::size_t n = raw.size() / size;
  ByteReader in(encoded, "a block of shared values");
  const std::size_t count = std::size_t{in.u8()} + 1;
  const ByteView table = in.take(count * size);
  for (std::size_t i = 1; i < count; ++i) {
    if (load(table.data() + (i - 1) * size, size) >= load(table.data() + i * size, size)) {
      fail(Kind::input, "a table of shared values is not in order");
    }
  }
  const Codec codec = codec_from(in.u8());
  if (codec == Codec::sparse || codec == Codec::shared || codec == Codec::delta) {
    fail(Kind::input, "the indices of shared values have a codec that is not allowed");
  }
  Buffer large;
  const std::span indices = scratch<struct Indices>(n, large);
  decode(codec, DType::u8, in.take(in.left()), hint, indices);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t index = indices[i];
    if (index >= count) fail(Kind::input, "an index points behind the table of shared values");
    std::memcpy(raw.data() + i * size, table.data() + index * size, size);
  }
}

}  // namespace mx
