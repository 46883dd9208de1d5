// SPDX-License-Identifier: Apache-2.0
#include "tensor/mixing.h"

#include <algorithm>

#include "base/error.h"

namespace mx {
namespace {

constexpr int kLimit = 2815;  // 11 in 1/256: chances down to 1/65536

// e^(-i / 256) in 2^-40, by repeated multiplication.
constexpr auto kPowers = [] {
  constexpr std::uint64_t kStep = 1095225038175ULL;  // e^(-1/256) * 2^40
  std::array<std::uint64_t, kLimit + 1> out{};
  std::uint64_t power = 1ULL << 40;
  for (std::uint64_t& value : out) {
    value = power;
    power = (power >> 20) * (kStep >> 20) + (((power >> 20) * (kStep & 0xfffffU)) >> 20) +
            (((power & 0xfffffU) * (kStep >> 20)) >> 20);
  }
  return out;
}();

constexpr auto kSquash = [] {
  std::array<std::uint16_t, 2 * kLimit + 1> out{};
  for (int x = -kLimit; x <= kLimit; ++x) {
    const std::uint64_t power = kPowers[static_cast<std::size_t>(x < 0 ? -x : x)];
    const std::uint64_t one = 1ULL << 40;
    const std::uint64_t part = x < 0 ? power : one;  // p = part / (1 + power)
    const std::uint64_t p = (part << 16) / (one + power);
    out[static_cast<std::size_t>(x + kLimit)] =
        static_cast<std::uint16_t>(std::clamp<std::uint64_t>(p, 1, 65535));
  }
  return out;
}();

constexpr auto kStretch = [] {
  std::array<std::int16_t, 4096> out{};
  int x = -kLimit;
  for (std::uint32_t p = 0; p < 4096; ++p) {
    while (x < kLimit && kSquash[static_cast<std::size_t>(x + kLimit)] < p * 16 + 8) ++x;
    out[p] = static_cast<std::int16_t>(x);
  }
  return out;
}();

// 65536 / (n + 1.6): how much of the error a counter takes over after n bits.
constexpr auto kRates = [] {
  std::array<std::uint32_t, 1024> out{};
  for (std::uint32_t n = 0; n < 1024; ++n) out[n] = 655360 / (n * 10 + 16);
  return out;
}();

}  // namespace

int stretch(std::uint32_t p12) { return kStretch[p12]; }
std::uint32_t squash(int x) {
  return kSquash[static_cast<std::size_t>(std::clamp(x, -kLimit, kLimit) + kLimit)];
}

BitCoder::BitCoder(ByteView encoded) : reading_(true), in_(encoded) {
  for (; at_ < 4; ++at_) value_ = value_ << 8 | (at_ < in_.size() ? in_[at_] : 0U);
}

unsigned BitCoder::code(unsigned bit, std::uint32_t p1) {
  const std::uint32_t range = high_ - low_;
  const std::uint32_t middle =
      low_ + static_cast<std::uint32_t>((static_cast<std::uint64_t>(range) * p1) >> 16);
  if (reading_) bit = value_ <= middle ? 1 : 0;
  if (bit != 0) {
    high_ = middle;
  } else {
    low_ = middle + 1;
  }
  while (((low_ ^ high_) >> 24) == 0) {
    if (reading_) {
      value_ = value_ << 8 | (at_ < in_.size() ? in_[at_] : 0U);
      ++at_;
    } else {
      out_.push_back(static_cast<std::uint8_t>(high_ >> 24));
    }
    low_ <<= 8;
    high_ = high_ << 8 | 255;
  }
  return bit;
}

// The shortest bytes that, followed by zeros, lie between low and high.
Bytes BitCoder::ending() const {
  Bytes out;
  if (low_ == 0) return out;
  for (unsigned bytes = 1; bytes <= 4; ++bytes) {
    const unsigned shift = 32 - 8 * bytes;
    const std::uint64_t value = ((static_cast<std::uint64_t>(low_) + (1ULL << shift) - 1) >> shift)
                                << shift;
    if (value > high_) continue;
    for (unsigned i = 0; i < bytes; ++i) {
      out.push_back(static_cast<std::uint8_t>(value >> (24 - 8 * i)));
    }
    break;
  }
  return out;
}

Bytes BitCoder::finish() {
  const Bytes end = ending();
  out_.insert(out_.end(), end.begin(), end.end());
  return std::move(out_);
}

void BitCoder::check_end(std::string_view name) const {
  const Bytes end = ending();
  const std::size_t passed = at_ - 4;
  if (in_.size() < passed || !std::ranges::equal(in_.subspan(passed), end)) {
    fail(Kind::input, "{} does not end where it should", name);
  }
}

void Counter::update(unsigned bit, std::uint32_t limit) {
  const std::uint32_t n = count();
  const auto p = static_cast<std::int64_t>(state_ >> 10);
  const std::int64_t goal = bit != 0 ? (1 << 22) - 1 : 0;
  const std::int64_t next = p + (((goal - p) * static_cast<std::int64_t>(kRates[n])) >> 16);
  state_ = static_cast<std::uint32_t>(next) << 10 | (n < limit ? n + 1 : n);
}

Mixer::Mixer(std::size_t inputs, std::size_t selectors, int rate, int initial)
    : inputs_(inputs), rate_(rate), weights_(inputs * selectors, initial) {}

std::uint32_t Mixer::mix(std::span<const int> stretched, std::size_t selector) {
  chosen_ = weights_.data() + selector * inputs_;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < inputs_; ++i) {
    x_[i] = stretched[i];
    sum += static_cast<std::int64_t>(x_[i]) * chosen_[i];
  }
  p_ = squash(static_cast<int>(std::clamp<std::int64_t>(sum >> 16, -kLimit, kLimit)));
  return p_;
}

void Mixer::update(unsigned bit) {
  const int error = (bit != 0 ? 65535 : 0) - static_cast<int>(p_);
  for (std::size_t i = 0; i < inputs_; ++i) {
    const std::int64_t step = static_cast<std::int64_t>(x_[i]) * error * rate_;
    chosen_[i] += static_cast<int>((step + (1 << 19)) >> 20);
  }
}

}  // namespace mx
