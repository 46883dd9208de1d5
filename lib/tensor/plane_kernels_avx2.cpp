// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include <algorithm>
#include <bit>

#include "tensor/plane_source.h"

namespace mx::planes {
namespace {

constexpr std::size_t kWidth = 8;  // lanes of a register
constexpr std::size_t kVectors = kLanes / kWidth;

using Wide = std::array<std::uint32_t, kLanes>;

// For each mask of eight lanes, the bytes that the lanes take, in order; lanes not in it take none
// (128). And the bytes of the lanes in it, moved to the end.
struct Moves {
  std::array<std::array<std::uint8_t, kWidth>, 256> spread{}, gather{};
};
constexpr Moves kMoves = [] {
  Moves out;
  for (unsigned mask = 0; mask < 256; ++mask) {
    out.spread[mask].fill(0x80);
    out.gather[mask].fill(0x80);
    std::uint8_t taken = 0;
    auto place = static_cast<unsigned>(kWidth - static_cast<unsigned>(std::popcount(mask)));
    for (unsigned lane = 0; lane < kWidth; ++lane) {
      if ((mask >> lane & 1U) == 0) continue;
      out.spread[mask][lane] = taken++;
      out.gather[mask][place++] = static_cast<std::uint8_t>(4 * (lane % 4) + lane / 4);
    }
  }
  return out;
}();

__m128i low_bytes(const void* at) { return _mm_loadl_epi64(static_cast<const __m128i*>(at)); }
__m256i load(const std::uint32_t* at) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}
void store(void* at, __m256i v) { _mm256_storeu_si256(static_cast<__m256i*>(at), v); }
unsigned mask_of(__m256i lanes) {
  return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(lanes)));
}

// The lowest byte of each lane.
std::uint64_t low_bytes_of(__m256i lanes) {
  const __m256i order = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1));
  const __m256i bytes = _mm256_shuffle_epi8(lanes, order);
  const __m128i both =
      _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1));
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(both));
}

// For each byte of `indices` its number. Loads one by one are faster than the gather instruction.
__m256i looked_up(const std::uint32_t* table, std::uint64_t indices) {
  const auto at = [&](int i) { return static_cast<int>(table[indices >> (8 * i) & 0xffU]); };
  return _mm256_setr_epi32(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7));
}

Wide widen(const States& states) {
  Wide out;
  std::ranges::copy(states, out.begin());
  return out;
}
States narrow(const Wide& states) {
  States out;
  std::ranges::transform(states, out.begin(),
                         [](std::uint32_t x) { return static_cast<std::uint16_t>(x); });
  return out;
}

// 8 symbols, each in the second byte of its lane.
__m256i step(const std::uint32_t* slots, std::uint32_t* states, const std::uint8_t*& bytes) {
  const __m256i byte = _mm256_set1_epi32(0xff);
  const __m256i x = load(states);
  const __m256i slot = looked_up(slots, low_bytes_of(x));
  // Both factors are bytes: pairs of 16 bits of which the upper ones are zero.
  const __m256i product = _mm256_madd_epi16(_mm256_srli_epi32(slot, 16), _mm256_srli_epi32(x, 8));
  const __m256i next = _mm256_add_epi32(product, _mm256_and_si256(slot, byte));
  const __m256i low = _mm256_cmpgt_epi32(_mm256_set1_epi32(kFirstState), next);
  const unsigned mask = mask_of(low);
  const __m128i taken = _mm_shuffle_epi8(low_bytes(bytes), low_bytes(kMoves.spread[mask].data()));
  const __m256i shift = _mm256_and_si256(low, _mm256_set1_epi32(8));
  store(states, _mm256_or_si256(_mm256_sllv_epi32(next, shift), _mm256_cvtepu8_epi32(taken)));
  bytes += static_cast<unsigned>(std::popcount(mask));
  return slot;
}

std::size_t decode(Decoder& decoder, const DecodeTable& table, std::span<std::uint8_t> out) {
  alignas(64) const std::array<std::uint32_t, kSlots> slots = joined(table);
  Wide states = widen(decoder.states);
  const std::uint8_t* bytes = decoder.bytes.at;
  const std::uint8_t* escapes = decoder.escapes.at;
  std::size_t done = 0;
  for (; done + kLanes <= out.size(); done += kLanes) {
    if (!decoder.may_read(bytes, escapes)) break;
    for (std::size_t v = 0; v < kVectors; v += 4) {
      std::uint32_t* const at = states.data() + v * kWidth;
      const auto symbols = [&](std::size_t i) {
        const __m256i slot = step(slots.data(), at + i * kWidth, bytes);
        return _mm256_and_si256(_mm256_srli_epi32(slot, 8), _mm256_set1_epi32(0xff));
      };
      const __m256i a = symbols(0), b = symbols(1), c = symbols(2), d = symbols(3);
      const __m256i packed =
          _mm256_packus_epi16(_mm256_packus_epi32(a, b), _mm256_packus_epi32(c, d));
      store(out.data() + done + v * kWidth,
            _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)));
    }
    if (table.escapes) escapes = put_escapes(table.escape, out.subspan(done, kLanes), escapes);
  }
  decoder.states = narrow(states);
  decoder.bytes.at = bytes;
  decoder.escapes.at = escapes;
  if (done / kLanes < out.size() / kLanes) return done;
  return done + portable_kernel().decode(decoder, table, out.subspan(done));
}

// 8 lanes take a symbol each; bytes go out before `bytes`, which has eight below it.
void put(const std::uint32_t* facts, const std::uint8_t* symbols, std::uint32_t* states,
         std::uint8_t*& bytes) {
  const __m256i byte = _mm256_set1_epi32(0xff);
  std::uint64_t eight = 0;
  std::memcpy(&eight, symbols, kWidth);
  const __m256i fact = looked_up(facts, eight);
  const __m256i frequency = _mm256_and_si256(_mm256_srli_epi32(fact, 8), byte);
  const __m256i start = _mm256_and_si256(fact, byte);
  __m256i x = load(states);
  const __m256i high = _mm256_srli_epi32(x, 8);
  const __m256i stays = _mm256_cmpgt_epi32(frequency, high);
  const unsigned mask = ~mask_of(stays) & 0xffU;
  const __m256i out = _mm256_and_si256(x, byte);
  // Bytes of lanes 0 to 3 and of 4 to 7 beside each other, then in their order at the end.
  const __m128i both = _mm_or_si128(_mm256_castsi256_si128(out),
                                    _mm_slli_epi32(_mm256_extracti128_si256(out, 1), 8));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(bytes - kWidth),
                   _mm_shuffle_epi8(both, low_bytes(kMoves.gather[mask].data())));
  bytes -= static_cast<unsigned>(std::popcount(mask));
  x = _mm256_blendv_epi8(high, x, stays);
  const __m256i estimate =
      _mm256_srli_epi32(_mm256_mullo_epi32(x, _mm256_srli_epi32(fact, 16)), 16);
  const __m256i rest = _mm256_sub_epi32(x, _mm256_madd_epi16(estimate, frequency));
  const __m256i exact = _mm256_cmpgt_epi32(frequency, rest);
  const __m256i quotient =
      _mm256_add_epi32(estimate, _mm256_andnot_si256(exact, _mm256_set1_epi32(1)));
  const __m256i more = _mm256_madd_epi16(
      quotient, _mm256_sub_epi32(_mm256_set1_epi32(static_cast<int>(kSlots)), frequency));
  store(states, _mm256_add_epi32(_mm256_add_epi32(x, more), start));
}

void encode(Encoder& encoder, const EncodeTable& table, std::span<const std::uint8_t> in) {
  std::size_t left = in.size() / kLanes * kLanes;
  portable_kernel().encode(encoder, table, in.subspan(left));
  alignas(64) const std::array<std::uint32_t, 256> facts = joined(table);
  Wide states = widen(encoder.states);
  for (; left > 0; left -= kLanes) {
    const std::uint8_t* const symbols = in.data() + left - kLanes;
    for (std::size_t v = kVectors; v-- > 0;) {
      put(facts.data(), symbols + v * kWidth, states.data() + v * kWidth, encoder.bytes);
    }
    if (table.escapes) take_escapes(table, {symbols, kLanes}, encoder.escapes);
  }
  encoder.states = narrow(states);
}

}  // namespace

Kernel avx2_kernel() { return {"avx2", split, merge, decode, encode}; }

}  // namespace mx::planes
