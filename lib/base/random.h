// SPDX-License-Identifier: Apache-2.0
// Random numbers that are the same on every machine and compiler: xoshiro256** (Blackman and Vigna,
// 2018), seeded through splitmix64. Not for secrets.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>

namespace mx {

class Random {
 public:
  using State = std::array<std::uint64_t, 4>;
  // Streams of one seed are independent: one per purpose (initialization, shuffling, ...).
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0);
  explicit Random(const State& state) : state_(state) {}

  [[nodiscard]] std::uint64_t next();
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);  // uniform in [0, bound); bound >= 1
  [[nodiscard]] double uniform();                          // [0, 1), 53 bits
  [[nodiscard]] double normal();                           // mean 0, variance 1 (Box-Muller)
  [[nodiscard]] const State& state() const { return state_; }

  // Fisher-Yates.
  template <class T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  State state_;
};

// A seed from the operating system, below 2^53 so that JSON readers keep it exact.
[[nodiscard]] std::uint64_t draw_seed();

}  // namespace mx
