// SPDX-License-Identifier: Apache-2.0
// Binary arithmetic coding with mixed predictions, after lpaq (M. Mahoney, "Adaptive Weighing of
// Context Models for Lossless Data Compression", 2005): several adaptive counters predict a bit,
// a small online logistic regression weighs them. Integers only, so that every machine gives the
// same bytes. About 15 million bits per second and core with eight predictions.
//
// A BitCoder either writes given bits or reads them back; models are written once, for both.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace mx {

// Arithmetic coding of one bit at a time (carryless range coder on 32 bits).
class BitCoder {
 public:
  BitCoder() = default;  // writes
  // Reads; `encoded` must outlive it.
  explicit BitCoder(ByteView encoded);

  // p1: chance of a one, in 1/65536, within [1, 65535]. Writing: codes `bit` and returns it.
  // Reading: `bit` is ignored, returns the bit.
  unsigned code(unsigned bit, std::uint32_t p1);
  // Writing: the bytes, as few as identify the bits.
  [[nodiscard]] Bytes finish();
  // Reading: throws Kind::input unless the bytes end here, exactly as finish() ends them.
  void check_end(std::string_view name) const;
  [[nodiscard]] bool reading() const { return reading_; }

 private:
  [[nodiscard]] Bytes ending() const;
  std::uint32_t low_ = 0, high_ = 0xffffffff, value_ = 0;
  bool reading_ = false;
  Bytes out_;
  ByteView in_;
  std::size_t at_ = 0;  // bytes of `in_` that are in `value_` or behind it
};

// ln(p / (1 - p)) in 1/256, for p in 1/4096; and its inverse, in 1/65536.
[[nodiscard]] int stretch(std::uint32_t p12);
[[nodiscard]] std::uint32_t squash(int x);

// The chance of a one in some context, learned as 1/n at first, then at least as 1/limit.
class Counter {
 public:
  [[nodiscard]] std::uint32_t p16() const { return state_ >> 16; }
  [[nodiscard]] std::uint32_t count() const { return state_ & 0x3ffU; }
  void update(unsigned bit, std::uint32_t limit);

 private:
  std::uint32_t state_ = 1U << 31;  // 22 bits of chance, 10 bits of count
};

// Mixes up to kInputs predictions with weights chosen by a selector.
class Mixer {
 public:
  static constexpr std::size_t kInputs = 12;
  // rate: how fast weights learn; initial: their first value, 65536 = 1.
  Mixer(std::size_t inputs, std::size_t selectors, int rate, int initial);

  // The chance of a one, in 1/65536.
  [[nodiscard]] std::uint32_t mix(std::span<const int> stretched, std::size_t selector);
  void update(unsigned bit);

 private:
  std::size_t inputs_;
  int rate_;
  std::vector<int> weights_;
  int* chosen_ = nullptr;
  std::array<int, kInputs> x_{};
  std::uint32_t p_ = 32768;
};

}  // namespace mx
