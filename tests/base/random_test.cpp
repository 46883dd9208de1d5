// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace mx {
namespace {

TEST_CASE("xoshiro256** gives the numbers of its authors' reference") {
  Random random(Random::State{1, 2, 3, 4});
  for (const std::uint64_t expected :
       {11520ULL, 0ULL, 1509978240ULL, 1215971899390074240ULL, 1216172134540287360ULL,
        607988272756665600ULL, 16172922978634559625ULL, 8476171486693032832ULL,
        10595114339597558777ULL, 2904607092377533576ULL}) {
    CHECK(random.next() == expected);
  }
}

// What a seed means must never change: it is written into files. Computed apart from this code.
TEST_CASE("a seed and a stream give the same numbers for ever") {
  Random zero(0);
  CHECK(zero.next() == 18110106563157542208ULL);
  CHECK(zero.next() == 8650457082529208451ULL);
  CHECK(zero.next() == 3032169436225125478ULL);
  Random other(42, 1);
  CHECK(other.next() == 6361458328680127711ULL);
  CHECK(other.next() == 2631838692071214148ULL);
  Random uniform(42);
  CHECK(uniform.uniform() == 0.12487061491907958);
  CHECK(uniform.uniform() == 0.2948059921612778);
  CHECK(uniform.uniform() == 0.5655895820032718);
  Random shuffling(42);
  std::vector<int> items = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  shuffling.shuffle(std::span(items));
  CHECK(items == std::vector<int>{7, 5, 1, 8, 2, 0, 4, 6, 9, 3});
}

TEST_CASE("a state goes on where it was taken") {
  Random random(7);
  (void)random.normal();
  Random copy(random.state());
  for (int i = 0; i < 10; ++i) CHECK(copy.next() == random.next());
}

TEST_CASE("numbers below a bound are uniform") {
  Random random(1);
  CHECK(random.below(1) == 0);
  std::vector<int> seen(6);
  for (int i = 0; i < 60000; ++i) ++seen[random.below(6)];
  double chi_squared = 0;
  for (const int count : seen) chi_squared += (count - 10000.0) * (count - 10000.0) / 10000.0;
  CHECK(chi_squared < 20.5);  // 0.999 quantile, five degrees of freedom
  for (int i = 0; i < 1000; ++i) CHECK(random.below(UINT64_MAX / 2 + 2) < UINT64_MAX / 2 + 2);
}

TEST_CASE("normal numbers have mean 0 and variance 1, tails of the right weight") {
  Random random(2);
  double sum = 0;
  double squares = 0;
  int beyond = 0;
  constexpr int kCount = 200000;
  for (int i = 0; i < kCount; ++i) {
    const double x = random.normal();
    CHECK(std::isfinite(x));
    sum += x;
    squares += x * x;
    if (std::abs(x) > 1.96) ++beyond;
  }
  CHECK(std::abs(sum / kCount) < 0.01);
  CHECK(std::abs(squares / kCount - 1) < 0.02);
  CHECK(std::abs(beyond / static_cast<double>(kCount) - 0.05) < 0.003);
}

TEST_CASE("drawn seeds differ and are exact in JSON") {
  CHECK(draw_seed() != draw_seed());
  for (int i = 0; i < 100; ++i) CHECK(draw_seed() < std::uint64_t{1} << 53);
}

}  // namespace
}  // namespace mx
