// SPDX-License-Identifier: Apache-2.0
#include "shrink/levels.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/random.h"

namespace mx {
namespace {

std::vector<float> normal(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> out(count);
  for (float& x : out) x = static_cast<float>(random.normal());
  return out;
}

double error(std::span<const float> values, const Levels& levels) {
  double sum = 0;
  for (const float x : values) {
    const double off = x - levels.value(levels.nearest(x));
    sum += off * off;
  }
  return sum;
}

TEST_CASE("levels hold zero exactly, stay in their range, and search is never worse than absmax") {
  for (const int bits : {2, 3, 4, 8}) {
    for (const bool asymmetric : {false, true}) {
      for (std::uint64_t seed = 0; seed < 20; ++seed) {
        std::vector<float> values = normal(32, seed);
        if (seed % 3 == 0) {
          for (float& x : values) x = std::abs(x);
        }
        const Grid grid{bits, 32, asymmetric, kScaleBits};
        const Levels absmax = choose_levels(values, {}, grid, ScaleRule::absmax);
        const Levels search = choose_levels(values, {}, grid, ScaleRule::search);
        for (const Levels& levels : {absmax, search}) {
          CHECK(levels.value(levels.nearest(0)) == 0);
          CHECK(levels.high - levels.low < 1 << bits);
          CHECK((std::bit_cast<std::uint32_t>(levels.scale) & 0xffffU) == 0);
        }
        CHECK(error(values, search) <= error(values, absmax));
        // The largest number is held, up to the rounding of its scale.
        const float largest =
            *std::ranges::max_element(values, {}, [](float x) { return std::abs(x); });
        const float held = absmax.value(absmax.nearest(largest));
        CHECK(std::abs(held - largest) <= std::abs(absmax.scale) / 2 + std::abs(largest) / 128);
      }
    }
  }
  const std::vector<float> zeros(8, 0.0F);
  const Levels none = choose_levels(zeros, {}, {}, ScaleRule::search);
  CHECK(none.nearest(0) == 0);
}

TEST_CASE("importance moves the scale to where errors count") {
  std::vector<float> values = normal(64, 5);
  std::vector<float> counts(64, 1e-6F);
  values[3] = 0.9F;
  counts[3] = 1;
  const Levels levels =
      choose_levels(values, counts, {2, 64, false, kScaleBits}, ScaleRule::search);
  CHECK(std::abs(levels.value(levels.nearest(0.9F)) - 0.9F) < 0.02F);
}

TEST_CASE("scales of few bits are rounded to the nearest") {
  CHECK(round_scale(1.03F, 7) == 1.03125F);
  CHECK(round_scale(1.05F, 3) == 1.0F);
  CHECK(round_scale(-1.09F, 3) == -1.125F);
  CHECK(round_scale(0, 7) > 0);
}

TEST_CASE("a codebook has zero, is ascending, and finds the values there are") {
  std::vector<float> values;
  for (int i = 0; i < 300; ++i) values.push_back(i % 3 == 0 ? 0.0F : i % 3 == 1 ? -0.5F : 2.0F);
  CHECK(codebook(values, {}, 4) == std::vector<float>{-0.5F, 0.0F, 2.0F});
  const std::vector<float> book = codebook(normal(5000, 1), {}, 16);
  CHECK(book.size() == 16);
  CHECK(std::ranges::is_sorted(book));
  CHECK(std::ranges::count(book, 0.0F) == 1);
  CHECK(codebook(std::vector<float>(9, 0.0F), {}, 4) == std::vector<float>{0.0F});
}

}  // namespace
}  // namespace mx
