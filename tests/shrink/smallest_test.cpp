// SPDX-License-Identifier: Apache-2.0
#include "shrink/smallest.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <string>

#include "base/random.h"

namespace mx {
namespace {

// By magnitude and place.
std::vector<std::size_t> sorted(const std::vector<float>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return std::fabs(values[a]) < std::fabs(values[b]);
  });
  return order;
}

// The first `count` of them become zero.
std::vector<float> plain(std::vector<float> values, const std::vector<std::size_t>& order,
                         std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) values[order[i]] = 0;
  return values;
}

TEST_CASE("exactly so many of the least go, the first of equals before the others") {
  Random random(1);
  constexpr std::size_t kNumbers = 1'200'000;  // several pieces of work
  for (const int kinds : {1, 1000, 0}) {       // so many magnitudes; 0: all there are
    std::vector<float> values(kNumbers);
    for (float& x : values) {
      x = static_cast<float>(kinds == 0 ? random.normal()
                                        : std::floor(random.uniform() * kinds) - 1);
    }
    values[7] = -0.0F;
    values[8] = std::numeric_limits<float>::denorm_min();
    const std::vector<std::size_t> order = sorted(values);
    for (const std::size_t count : {1UL, kNumbers / 3, kNumbers}) {
      const std::vector<float> expected = plain(values, order, count);
      for (const std::size_t threads : {1UL, 3UL}) {
        ThreadPool pool(threads);
        std::vector<float> found = values;
        const std::span<float> all = found;
        const std::array<std::span<float>, 2> parts = {all.first(1'134'567),
                                                       all.subspan(1'134'567)};
        const std::array<std::span<const float>, 2> read = {parts[0], parts[1]};
        bool finite = false;
        zero_least(parts, find_least(read, count, &pool, &finite), &pool);
        CHECK(finite);
        CHECK(found == expected);
      }
    }
  }
}

TEST_CASE("numbers that are not finite are seen") {
  for (const float odd : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    const std::vector<float> values = {1, odd, 3};
    const std::array<std::span<const float>, 1> parts = {values};
    bool finite = true;
    (void)find_least(parts, 1, nullptr, &finite);
    CHECK_FALSE(finite);
  }
}

TEST_CASE("few numbers and many lose the same ones") {
  Random random(2);
  for (const std::size_t size : {1UL, 50UL, 40'000UL}) {
    std::vector<float> scores(size);
    for (float& x : scores) x = static_cast<float>(std::floor(random.uniform() * 20));
    for (const std::size_t count : {0UL, size / 2, size}) {
      std::vector<std::uint8_t> keep(size, 1);
      drop_least(scores, count, keep);
      std::vector<float> marked = scores;
      for (float& x : marked) ++x;  // no zero stays
      const std::vector<float> expected = plain(marked, sorted(marked), count);
      for (std::size_t i = 0; i < size; ++i) CHECK((keep[i] == 0) == (expected[i] == 0));
    }
  }
}

// MX_NUMBERS of them, in millions (536).
TEST_CASE("how fast the least of many numbers go" * doctest::skip()) {
  const char* const asked = std::getenv("MX_NUMBERS");
  const std::size_t count = (asked == nullptr ? 536UL : std::stoul(asked)) << 20U;
  std::vector<float> values(count);
  std::uint64_t state = 1;
  for (float& x : values) {  // the sum of four uniform numbers is close enough to normal
    state = state * 6364136223846793005U + 1442695040888963407U;
    x = static_cast<float>((state >> 48U) + (state >> 32U & 0xffffU)) / 65536 - 1;
  }
  ThreadPool pool;
  const auto begin = std::chrono::steady_clock::now();
  const std::array<std::span<const float>, 1> read = {values};
  const Least least = find_least(read, count / 10 * 7, &pool);
  const auto found = std::chrono::steady_clock::now();
  const std::array<std::span<float>, 1> parts = {values};
  zero_least(parts, least, &pool);
  const auto end = std::chrono::steady_clock::now();
  std::printf("%.3f %.3f\n", std::chrono::duration<double>(found - begin).count(),
              std::chrono::duration<double>(end - found).count());
}

}  // namespace
}  // namespace mx
