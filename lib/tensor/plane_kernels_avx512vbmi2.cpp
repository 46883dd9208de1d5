// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include <bit>

#include "tensor/plane_source.h"

namespace mx::planes {
namespace {

constexpr std::size_t kHalf = 64;  // lanes whose bytes fill a register: two of states
constexpr __mmask64 kAll = ~__mmask64{0};
constexpr __mmask32 kAllStates = ~__mmask32{0};

__m512i load(const void* at) { return _mm512_loadu_si512(at); }

// 256 bytes in four registers.
struct Table {
  __m512i a, b, c, d;
  explicit Table(const ByteTable& bytes)
      : a(load(bytes.data())),
        b(load(bytes.data() + 64)),
        c(load(bytes.data() + 128)),
        d(load(bytes.data() + 192)) {}
  // `high`: which of the indices are 128 or more.
  [[nodiscard]] __m512i at(__m512i indices, __mmask64 high) const {
    return _mm512_mask_blend_epi8(high, _mm512_permutex2var_epi8(a, indices, b),
                                  _mm512_permutex2var_epi8(c, indices, d));
  }
};

unsigned count(__mmask32 mask) { return static_cast<unsigned>(std::popcount(mask)); }
unsigned count(__mmask64 mask) { return static_cast<unsigned>(std::popcount(mask)); }

// States below their range take a byte each, in the order of the lanes.
__m512i renew(__m512i states, const std::uint8_t*& bytes) {
  const __mmask32 low = _mm512_cmplt_epu16_mask(states, _mm512_set1_epi16(kFirstState));
  const __m256i next =
      _mm256_maskz_expand_epi8(low, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes)));
  bytes += count(low);
  const __m512i shifted = _mm512_mask_slli_epi16(states, low, states, 8);
  return _mm512_or_si512(shifted, _mm512_maskz_cvtepu8_epi16(kAllStates, next));
}

struct Slots {
  Table symbol, frequency, offset;
  __m512i escape;
  bool escapes;
};

// 64 symbols; `x` and `y`: states of lanes 0 to 31 and 32 to 63.
template <bool kEscapes>
__m512i step(const Slots& slots, __m512i& x, __m512i& y, const std::uint8_t*& bytes,
             const std::uint8_t*& escapes) {
  const __m512i low = _mm512_set1_epi16(0xff);
  const __m512i zero = _mm512_setzero_si512();
  // Packed within quarters of the register; undone below by unpacking, and for the symbols by a
  // permutation.
  const __m512i slot = _mm512_packus_epi16(_mm512_and_si512(x, low), _mm512_and_si512(y, low));
  const __mmask64 high = _mm512_movepi8_mask(slot);
  const __m512i frequency = slots.frequency.at(slot, high);
  const __m512i offset = slots.offset.at(slot, high);
  const auto next = [&](__m512i state, __m512i f, __m512i o) {
    return _mm512_add_epi16(_mm512_mullo_epi16(_mm512_srli_epi16(state, 8), f), o);
  };
  x = next(x, _mm512_unpacklo_epi8(frequency, zero), _mm512_unpacklo_epi8(offset, zero));
  y = next(y, _mm512_unpackhi_epi8(frequency, zero), _mm512_unpackhi_epi8(offset, zero));
  x = renew(x, bytes);
  y = renew(y, bytes);
  __m512i symbols = _mm512_maskz_permutexvar_epi64(0xff, _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7),
                                                   slots.symbol.at(slot, high));
  if constexpr (kEscapes) {
    const __mmask64 rare = _mm512_cmpeq_epi8_mask(symbols, slots.escape);
    symbols = _mm512_mask_expand_epi8(symbols, rare, load(escapes));
    escapes += count(rare);
  }
  return symbols;
}

template <bool kEscapes>
std::size_t decode_with(Decoder& decoder, const Slots& slots, std::span<std::uint8_t> out) {
  std::uint16_t* const states = decoder.states.data();
  __m512i a = load(states), b = load(states + 32), c = load(states + 64), d = load(states + 96);
  const std::uint8_t* bytes = decoder.bytes.at;
  const std::uint8_t* escapes = decoder.escapes.at;
  std::size_t done = 0;
  for (; done + kLanes <= out.size(); done += kLanes) {
    if (!decoder.may_read(bytes, escapes)) break;
    const __m512i first = step<kEscapes>(slots, a, b, bytes, escapes);
    const __m512i second = step<kEscapes>(slots, c, d, bytes, escapes);
    _mm512_storeu_si512(out.data() + done, first);
    _mm512_storeu_si512(out.data() + done + kHalf, second);
  }
  _mm512_storeu_si512(states, a);
  _mm512_storeu_si512(states + 32, b);
  _mm512_storeu_si512(states + 64, c);
  _mm512_storeu_si512(states + 96, d);
  decoder.bytes.at = bytes;
  decoder.escapes.at = escapes;
  return done;
}

std::size_t decode(Decoder& decoder, const DecodeTable& table, std::span<std::uint8_t> out) {
  const Slots slots = {Table(table.symbol), Table(table.frequency), Table(table.offset),
                       _mm512_set1_epi8(static_cast<char>(table.escape)), table.escapes};
  const std::size_t done = table.escapes ? decode_with<true>(decoder, slots, out)
                                         : decode_with<false>(decoder, slots, out);
  if (done / kLanes < out.size() / kLanes) return done;
  return done + portable_kernel().decode(decoder, table, out.subspan(done));
}

struct Symbols {
  Table frequency, start, low, high, escaped;
};

// 32 lanes take a symbol each.
__m512i put(__m512i x, __m256i frequencies, __m256i starts, __m256i lows, __m256i highs,
            std::uint8_t*& bytes) {
  const auto wide = [](__m256i v) { return _mm512_maskz_cvtepu8_epi16(kAllStates, v); };
  const __m512i frequency = wide(frequencies);
  const __m512i reciprocal = _mm512_or_si512(wide(lows), _mm512_slli_epi16(wide(highs), 8));
  const __mmask32 full = _mm512_cmpge_epu16_mask(_mm512_srli_epi16(x, 8), frequency);
  const __m256i out = _mm256_maskz_compress_epi8(full, _mm512_maskz_cvtepi16_epi8(kAllStates, x));
  bytes -= count(full);
  _mm256_mask_storeu_epi8(bytes, static_cast<__mmask32>((std::uint64_t{1} << count(full)) - 1),
                          out);
  x = _mm512_mask_srli_epi16(x, full, x, 8);
  __m512i quotient = _mm512_mulhi_epu16(x, reciprocal);
  __m512i rest = _mm512_sub_epi16(x, _mm512_mullo_epi16(quotient, frequency));
  const __mmask32 more = _mm512_cmpge_epu16_mask(rest, frequency);
  quotient = _mm512_mask_add_epi16(quotient, more, quotient, _mm512_set1_epi16(1));
  rest = _mm512_mask_sub_epi16(rest, more, rest, frequency);
  return _mm512_add_epi16(_mm512_slli_epi16(quotient, 8), _mm512_add_epi16(wide(starts), rest));
}

// 64 symbols, from the last.
void put(const Symbols& table, bool escapes, __m512i symbols, __m512i& x, __m512i& y,
         Encoder& encoder) {
  const __mmask64 high = _mm512_movepi8_mask(symbols);
  const __m512i frequency = table.frequency.at(symbols, high);
  const __m512i start = table.start.at(symbols, high);
  const __m512i low = table.low.at(symbols, high), up = table.high.at(symbols, high);
  const auto upper = [](__m512i v) { return _mm512_maskz_extracti64x4_epi64(0xf, v, 1); };
  const auto lower = [](__m512i v) { return _mm512_maskz_extracti64x4_epi64(0xf, v, 0); };
  y = put(y, upper(frequency), upper(start), upper(low), upper(up), encoder.bytes);
  x = put(x, lower(frequency), lower(start), lower(low), lower(up), encoder.bytes);
  if (!escapes) return;
  const __mmask64 rare = _mm512_movepi8_mask(table.escaped.at(symbols, high));
  const unsigned n = count(rare);
  encoder.escapes -= n;
  const __mmask64 some = n == 64 ? kAll : (__mmask64{1} << n) - 1;
  _mm512_mask_storeu_epi8(encoder.escapes, some, _mm512_maskz_compress_epi8(rare, symbols));
}

void encode(Encoder& encoder, const EncodeTable& table, std::span<const std::uint8_t> in) {
  std::size_t left = in.size() / kLanes * kLanes;
  portable_kernel().encode(encoder, table, in.subspan(left));
  const Symbols symbols = {Table(table.frequency), Table(table.start), Table(table.low),
                           Table(table.high), Table(table.escaped)};
  std::uint16_t* const states = encoder.states.data();
  __m512i a = load(states), b = load(states + 32), c = load(states + 64), d = load(states + 96);
  for (; left > 0; left -= kLanes) {
    put(symbols, table.escapes, load(in.data() + left - kHalf), c, d, encoder);
    put(symbols, table.escapes, load(in.data() + left - kLanes), a, b, encoder);
  }
  _mm512_storeu_si512(states, a);
  _mm512_storeu_si512(states + 32, b);
  _mm512_storeu_si512(states + 64, c);
  _mm512_storeu_si512(states + 96, d);
}

}  // namespace

Kernel avx512vbmi2_kernel() { return {"avx512vbmi2", split, merge, decode, encode}; }

}  // namespace mx::planes
