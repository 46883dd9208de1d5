// SPDX-License-Identifier: Apache-2.0
#include "tensor/coded.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tensor/mixing.h"
#include "tensor/planes.h"

namespace mx {
namespace {

constexpr std::string_view kName = "a block of coded numbers";
constexpr std::size_t kMaxRow = 1 << 16;
constexpr std::uint32_t kLimit = 1023;  // counters end as averages over this many bits

std::size_t row_of(ChunkHint hint) {
  return hint.row == 0 ? 1024 : std::min<std::size_t>(hint.row, kMaxRow);
}

// A counter's prediction, trusted the less the fewer bits it has seen.
int trusted(const Counter& counter) {
  const int n = static_cast<int>(counter.count());
  return stretch(counter.p16() >> 4) * n / (n + 4);
}

// Codes a bit by mixing `counters` and a constant, and teaches all of them.
template <std::size_t kCount>
unsigned code_bit(BitCoder& coder, unsigned bit, Mixer& mixer, std::size_t selector,
                  const std::array<Counter*, kCount>& counters) {
  std::array<int, kCount + 1> x;
  for (std::size_t i = 0; i < kCount; ++i) x[i] = trusted(*counters[i]);
  x[kCount] = 256;
  bit = coder.code(bit, mixer.mix(x, selector));
  mixer.update(bit);
  for (Counter* const counter : counters) counter->update(bit, kLimit);
  return bit;
}

// stretch of (ones + strength * prior) / (n + strength).
int estimate(std::size_t ones, std::size_t n, std::size_t strength, std::uint32_t prior16) {
  const std::size_t p16 = ((ones << 16) + strength * prior16) / (n + strength);
  return stretch(static_cast<std::uint32_t>(std::min<std::size_t>(p16 >> 4, 4095)));
}

// Which elements are not zero. Besides the neighbours' flags, the shares of nonzeros in the column,
// the columns beside it and the row go straight into the mix, which is then a logistic regression
// on them.
class ZeroModel {
 public:
  explicit ZeroModel(ChunkHint hint)
      : row_(row_of(hint)), column_(hint.start % row_), flags_(row_ + 4), seen_(row_ + 4) {}

  [[nodiscard]] std::size_t column() const { return column_; }

  unsigned code(BitCoder& coder, unsigned bit) {
    const std::size_t c = column_ + 2;  // zeros on either side
    const unsigned around =
        static_cast<unsigned>(flags_[c + 1] << 4 | flags_[c] << 3 | corner_ << 2 | (left_ & 3U));
    const std::size_t beside = std::size_t{seen_[c - 1]} + seen_[c + 1];
    const std::size_t wide = beside + seen_[c] + seen_[c - 2] + seen_[c + 2];
    const std::uint32_t share = all_.p16();
    const std::array<Counter*, 3> counters = {&all_, &by_left_[left_ & 15U], &by_around_[around]};
    std::array<int, 8> x;
    for (std::size_t i = 0; i < 3; ++i) x[i] = stretch(counters[i]->p16() >> 4);
    x[3] = estimate(seen_[c], rows_, 2, share);
    x[4] = estimate(beside, 2 * rows_, 2, share);
    x[5] = estimate(wide, 5 * rows_, 2, share);
    x[6] = estimate(in_row_, column_, 16, share);
    x[7] = 256;
    bit = coder.code(bit, mixer_.mix(x, 0));
    mixer_.update(bit);
    for (Counter* const counter : counters) counter->update(bit, kLimit);
    advance(bit);
    return bit;
  }

 private:
  void advance(unsigned bit) {
    const std::size_t c = column_ + 2;
    corner_ = flags_[c];
    flags_[c] = static_cast<std::uint8_t>(bit);
    left_ = left_ << 1 | bit;
    in_row_ += bit;
    seen_[c] = static_cast<std::uint16_t>(std::min(seen_[c] + bit, 0xffffU));
    if (++column_ < row_) return;
    column_ = in_row_ = 0;
    corner_ = 0;
    ++rows_;
  }

  std::size_t row_, column_, rows_ = 0, in_row_ = 0;
  unsigned left_ = 0, corner_ = 0;   // flags before this one; the one left of above
  std::vector<std::uint8_t> flags_;  // the last flag of each column
  std::vector<std::uint16_t> seen_;  // nonzeros of each column
  Counter all_;
  std::array<Counter, 16> by_left_;
  std::array<Counter, 32> by_around_;
  Mixer mixer_{8, 1, 24, 10000};
};

// Nonzero bytes: i8 as a sign and its magnitude less one, others as they are; most significant bit
// first. Contexts: the smallest magnitude of the row so far (pruned weights have a gap around
// zero), the nonzero before, the last one of the column.
class ByteModel {
 public:
  ByteModel(bool is_signed, ChunkHint hint) : is_signed_(is_signed), above_(row_of(hint)) {}

  std::uint8_t code(BitCoder& coder, std::uint8_t byte, std::size_t column) {
    if (column < last_column_) smallest_ = 255;
    last_column_ = column;
    const std::size_t low = smallest_ >> 4;
    const std::size_t before = before_ >> 4;
    const std::size_t above = above_[column] >> 4;
    const unsigned symbol = is_signed_ ? to_symbol(byte) : byte;
    unsigned node = 1;
    for (unsigned depth = 0; depth < 8; ++depth) {
      // The bits so far behind a leading one; a sign says nothing about its magnitude.
      const unsigned tree =
          is_signed_ && depth > 0 ? (node & ((1U << (depth - 1)) - 1)) | 1U << (depth - 1) : node;
      // The same, but for its last bits.
      const unsigned rough = depth <= 3 ? tree : depth << 5 | (tree >> (depth - 3));
      const unsigned bit = code_bit<6>(
          coder, symbol >> (7 - depth) & 1U, mixer_, depth,
          {&all_[tree], &rough_[rough], &by_low_[low << 8 | tree], &by_before_[before << 8 | tree],
           &by_above_[above << 8 | tree], &rough_by_low_[low << 8 | rough]});
      node = node << 1 | bit;
    }
    const unsigned magnitude = is_signed_ ? (node & 127U) << 1 : node & 255U;
    before_ = magnitude;
    above_[column] = static_cast<std::uint8_t>(magnitude);
    smallest_ = std::min(smallest_, magnitude);
    return is_signed_ ? from_symbol(node) : static_cast<std::uint8_t>(node);
  }

 private:
  static unsigned to_symbol(std::uint8_t byte) {
    const auto code = static_cast<std::int8_t>(byte);
    return code < 0 ? 128U | static_cast<unsigned>(-code - 1) : static_cast<unsigned>(code - 1);
  }
  static std::uint8_t from_symbol(unsigned symbol) {
    const int magnitude = static_cast<int>(symbol & 127U) + 1;
    return static_cast<std::uint8_t>((symbol & 128U) != 0 ? -magnitude : magnitude);
  }

  bool is_signed_;
  std::size_t last_column_ = 0;
  unsigned smallest_ = 255, before_ = 0;
  Bytes above_;
  std::array<Counter, 256> all_, rough_;
  std::vector<Counter> by_low_{4096}, by_before_{4096}, by_above_{4096}, rough_by_low_{4096};
  Mixer mixer_{7, 8, 24, 13000};
};

// Numbers of several bytes, most significant first. The first byte (of floats the exponent) has
// contexts; those behind it are mostly noise and are predicted by place and first bits only.
class WordModel {
 public:
  std::uint8_t code(BitCoder& coder, std::uint8_t byte, std::size_t plane) {
    const std::size_t kind = plane == 0 ? 0 : 1;
    const std::size_t context = kind << 12 | (first_ & 15U) << 8;
    unsigned node = 1;
    for (unsigned depth = 0; depth < 8; ++depth) {
      const unsigned rough = depth <= 3 ? node : depth << 5 | (node >> (depth - 3));
      const std::size_t detail = plane == 0 ? node : rough;
      const std::size_t place = plane << 3 | depth;
      const unsigned bit = code_bit<4>(coder, byte >> (7 - depth) & 1U, mixer_, place,
                                       {&all_[plane << 8 | detail], &rough_[plane << 8 | rough],
                                        &by_place_[place], &by_first_[context | detail]});
      node = node << 1 | bit;
    }
    if (plane == 0) first_ = node & 255U;
    return static_cast<std::uint8_t>(node);
  }

 private:
  unsigned first_ = 0;  // of this number, or while it is coded of the one before
  std::vector<Counter> all_{2048}, rough_{2048}, by_first_{8192};
  std::array<Counter, 64> by_place_;
  Mixer mixer_{5, 64, 24, 16000};
};

void code_bytes(BitCoder& coder, DType dtype, ChunkHint hint, std::span<std::uint8_t> bytes) {
  ZeroModel zeros(hint);
  ByteModel values(dtype == DType::i8, hint);
  for (std::uint8_t& byte : bytes) {
    const std::size_t column = zeros.column();
    const unsigned nonzero = zeros.code(coder, byte != 0 ? 1 : 0);
    byte = nonzero != 0 ? values.code(coder, byte, column) : std::uint8_t{0};
  }
}

std::uint64_t load(ByteView words, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  std::memcpy(&value, words.data() + at, size);
  return value;
}

// Planes that are not all zeros; the others are not coded.
std::uint8_t planes_used(ByteView words, std::size_t size) {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < words.size(); i += size) seen |= load(words, i, size);
  std::uint8_t used = 0;
  for (std::size_t plane = 0; plane < size; ++plane) {
    if ((seen >> (8 * (size - 1 - plane)) & 255U) != 0) {
      used = static_cast<std::uint8_t>(used | 1U << plane);
    }
  }
  return used;
}

// `words`: elements of `size` bytes, rotated.
void code_words(BitCoder& coder, std::size_t size, std::uint8_t used,
                std::span<std::uint8_t> words) {
  WordModel model;
  for (std::size_t i = 0; i < words.size(); i += size) {
    for (std::size_t plane = 0; plane < size; ++plane) {
      std::uint8_t& byte = words[i + size - 1 - plane];
      byte = (used >> plane & 1U) != 0 ? model.code(coder, byte, plane) : std::uint8_t{0};
    }
  }
}

}  // namespace

Bytes encode_coded(DType dtype, ByteView raw, ChunkHint hint) {
  const std::size_t size = size_of(dtype);
  Bytes bytes(raw.begin(), raw.end());
  BitCoder coder;
  ByteWriter out;
  if (size == 1) {
    code_bytes(coder, dtype, hint, bytes);
  } else {
    rotate_up(dtype, bytes);
    const std::uint8_t used = planes_used(bytes, size);
    out.u8(used);
    code_words(coder, size, used, bytes);
  }
  out.put(coder.finish());
  return out.take();
}

void decode_coded(DType dtype, ByteView encoded, ChunkHint hint, std::span<std::uint8_t> raw) {
  const std::size_t size = size_of(dtype);
  ByteReader in(encoded, kName);
  const std::uint8_t used = size == 1 ? std::uint8_t{0} : in.u8();
  BitCoder coder(in.take(in.left()));
  if (size == 1) {
    code_bytes(coder, dtype, hint, raw);
  } else {
    code_words(coder, size, used, raw);
    rotate_down(dtype, raw);
  }
  coder.check_end(kName);
}

Bytes encode_mask(ByteView mask, std::size_t bits, ChunkHint hint) {
  BitCoder coder;
  ZeroModel model(hint);
  for (std::size_t i = 0; i < bits; ++i) model.code(coder, mask[i / 8] >> (i % 8) & 1U);
  return coder.finish();
}

void decode_mask(ByteView encoded, std::size_t bits, ChunkHint hint, std::span<std::uint8_t> mask) {
  BitCoder coder(encoded);
  ZeroModel model(hint);
  std::ranges::fill(mask, std::uint8_t{0});
  for (std::size_t i = 0; i < bits; ++i) {
    mask[i / 8] = static_cast<std::uint8_t>(mask[i / 8] | model.code(coder, 0) << (i % 8));
  }
  coder.check_end("a bitmap of nonzeros");
}

}  // namespace mx
