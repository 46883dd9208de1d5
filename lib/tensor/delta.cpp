// SPDX-License-Identifier: Apache-2.0
#include "tensor/delta.h"

#include <cstring>
#include <limits>
#include <type_traits>

#include "base/error.h"

namespace mx {
namespace {

DType unsigned_of(std::size_t size) {
  switch (size) {
    case 1:
      return DType::u8;
    case 2:
      return DType::u16;
    case 4:
      return DType::u32;
    default:
      return DType::u64;
  }
}

template <class U>
constexpr U kSign = static_cast<U>(U{1} << (std::numeric_limits<U>::digits - 1));

// Floats in their order, -0 right below +0; and back.
template <class U>
U to_order(U x) {
  return static_cast<U>((x & kSign<U>) != 0 ? ~x : x | kSign<U>);
}
template <class U>
U from_order(U x) {
  return static_cast<U>((x & kSign<U>) != 0 ? x ^ kSign<U> : ~x);
}

// Small differences of either sign as small numbers; and back.
template <class U>
U fold(U difference) {
  const U sign = static_cast<U>((difference & kSign<U>) != 0 ? ~U{0} : U{0});
  return static_cast<U>(static_cast<U>(difference << 1U) ^ sign);
}
template <class U>
U unfold(U folded) {
  const U sign = static_cast<U>((folded & 1U) != 0 ? ~U{0} : U{0});
  return static_cast<U>(static_cast<U>(folded >> 1U) ^ sign);
}

// to[i] = f(from[i], base[i])
template <class F>
void each(DType dtype, ByteView from, ByteView base, std::span<std::uint8_t> to, F&& f) {
  with_unsigned(size_of(dtype), [&]<class U>(std::type_identity<U>) {
    for (std::size_t i = 0; i < to.size(); i += sizeof(U)) {
      U a, b;
      std::memcpy(&a, from.data() + i, sizeof(U));
      std::memcpy(&b, base.data() + i, sizeof(U));
      const U out = f(a, b);
      std::memcpy(to.data() + i, &out, sizeof(U));
    }
  });
}

void check_base(ChunkHint hint, std::size_t bytes) {
  if (hint.base.size() != bytes) fail(Kind::input, "the base of its differences is missing");
}

ChunkHint without_base(ChunkHint hint) {
  hint.base = {};
  return hint;
}

}  // namespace

Bytes encode_delta(DType dtype, ByteView raw, ChunkHint hint, Effort effort) {
  check_base(hint, raw.size());
  Buffer differences(raw.size());
  if (is_float(dtype)) {
    each(dtype, raw, hint.base, differences.bytes(),
         []<class U>(U x, U base) { return fold(static_cast<U>(to_order(x) - to_order(base))); });
  } else {
    each(dtype, raw, hint.base, differences.bytes(),
         []<class U>(U x, U base) { return fold(static_cast<U>(x - base)); });
  }
  const DType whole = unsigned_of(size_of(dtype));
  const Codec codec = choose_codec(whole, differences.bytes(), without_base(hint), effort);
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(codec));
  out.put(encode(codec, whole, differences.bytes(), without_base(hint), effort));
  return out.take();
}

void decode_delta(DType dtype, ByteView encoded, ChunkHint hint, std::span<std::uint8_t> raw) {
  check_base(hint, raw.size());
  ByteReader in(encoded, "a block of differences");
  const Codec codec = codec_from(in.u8());
  if (codec == Codec::delta) fail(Kind::input, "a block of differences holds another one");
  decode(codec, unsigned_of(size_of(dtype)), in.take(in.left()), without_base(hint), raw);
  if (is_float(dtype)) {
    each(dtype, raw, hint.base, raw, []<class U>(U x, U base) {
      return from_order(static_cast<U>(to_order(base) + unfold(x)));
    });
  } else {
    each(dtype, raw, hint.base, raw,
         []<class U>(U x, U base) { return static_cast<U>(base + unfold(x)); });
  }
}

}  // namespace mx
