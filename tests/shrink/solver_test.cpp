// SPDX-License-Identifier: Apache-2.0
#include "shrink/solver.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace mx {
namespace {

constexpr std::size_t kInputs = 48;

ThreadPool& pool() {
  static ThreadPool one(1);
  return one;
}

// Moments of inputs that hang together.
Moments correlated(std::uint64_t seed) {
  Random random(seed);
  Moments out;
  out.inputs = kInputs;
  out.own.resize(kInputs * kInputs);
  constexpr int kRows = 400;
  for (int r = 0; r < kRows; ++r) {
    std::vector<double> x(kInputs);
    const double common = random.normal();
    for (std::size_t i = 0; i < kInputs; ++i)
      x[i] = common + (i % 5 == 0 ? 3 : 0.5) * random.normal();
    for (std::size_t i = 0; i < kInputs; ++i) {
      for (std::size_t j = 0; j < kInputs; ++j) out.own[i * kInputs + j] += x[i] * x[j] / kRows;
    }
  }
  return out;
}

std::vector<float> row(std::uint64_t seed, double zeros = 0) {
  Random random(seed);
  std::vector<float> out(kInputs);
  for (float& x : out) x = random.uniform() < zeros ? 0.0F : static_cast<float>(random.normal());
  return out;
}

std::vector<Levels> levels_of(std::span<const float> values, int bits, std::size_t group) {
  std::vector<Levels> out;
  for (std::size_t at = 0; at < values.size(); at += group) {
    out.push_back(choose_levels(values.subspan(at, group), {}, {bits, group, false, kScaleBits},
                                ScaleRule::search));
  }
  return out;
}

// (w - v)^T H (w - v) with the damped H.
double error(const Hessian& hessian, std::span<const float> w, const CodedRow& coded,
             std::size_t group) {
  double sum = 0;
  std::vector<double> off(kInputs);
  for (std::size_t i = 0; i < kInputs; ++i) {
    const std::size_t column = hessian.order()[i];
    off[i] = w[column] - coded.levels[column / group].value(coded.codes[column]);
  }
  for (std::size_t i = 0; i < kInputs; ++i) {
    for (std::size_t j = 0; j < kInputs; ++j) sum += off[i] * hessian.row(i)[j] * off[j];
  }
  return sum;
}

TEST_CASE("solving beats rounding by far, and its error is what it says") {
  const Hessian hessian(correlated(1), 0.01, pool());
  for (const int bits : {2, 3, 4}) {
    double solved = 0, rounded = 0;
    for (std::uint64_t seed = 10; seed < 30; ++seed) {
      const std::vector<float> w = row(seed);
      const std::vector<Levels> start = levels_of(w, bits, 16);
      CodedRow plain{std::vector<int>(kInputs), start, 0};
      for (std::size_t i = 0; i < kInputs; ++i) plain.codes[i] = start[i / 16].nearest(w[i]);
      const CodedRow best = solve_row(hessian, w, {}, start, {.group = 16});
      CHECK(best.error == doctest::Approx(error(hessian, w, best, 16)).epsilon(1e-3));
      solved += best.error;
      rounded += error(hessian, w, plain, 16);
      for (const int code : best.codes) CHECK(std::abs(code) <= 1 << (bits - 1));
    }
    CAPTURE(bits);
    CHECK(solved < 0.65 * rounded);
  }
}

TEST_CASE("with inputs that do not hang together, solving with fixed scales is rounding") {
  Moments apart;
  apart.inputs = kInputs;
  apart.own.resize(kInputs * kInputs);
  for (std::size_t i = 0; i < kInputs; ++i)
    apart.own[i * kInputs + i] = 1 + static_cast<double>(i % 7);
  const Hessian hessian(apart, 0, pool());
  const std::vector<float> w = row(3);
  const std::vector<Levels> start = levels_of(w, 4, 16);
  const CodedRow best = solve_row(hessian, w, {}, start, {.group = 16, .move_scales = false});
  for (std::size_t i = 0; i < kInputs; ++i) CHECK(best.codes[i] == start[i / 16].nearest(w[i]));
}

TEST_CASE("what is frozen stays zero, and the others make up for it") {
  const Hessian hessian(correlated(2), 0.01, pool());
  const std::vector<float> w = row(4);
  std::vector<std::uint8_t> frozen(kInputs);
  for (std::size_t i = 0; i < kInputs; i += 3) frozen[i] = 1;
  const CodedRow best = solve_row(hessian, w, frozen, levels_of(w, 4, 16), {.group = 16});
  CodedRow cut{std::vector<int>(kInputs), levels_of(w, 4, 16), 0};
  for (std::size_t i = 0; i < kInputs; ++i) {
    if (frozen[i] != 0) CHECK(best.codes[i] == 0);
    cut.codes[i] = frozen[i] != 0 ? 0 : cut.levels[i / 16].nearest(w[i]);
  }
  CHECK(best.error < error(hessian, w, cut, 16));
}

TEST_CASE("a price for bits gives smaller codes for a little error") {
  const Hessian hessian(correlated(3), 0.01, pool());
  const std::vector<float> w = row(6);
  RowOptions options{.group = 16, .rate = 0.2, .lowest = -8};
  for (int code = -8; code < 8; ++code) options.bits.push_back(std::abs(code));
  const CodedRow cheap = solve_row(hessian, w, {}, levels_of(w, 4, 16), options);
  const CodedRow free = solve_row(hessian, w, {}, levels_of(w, 4, 16), {.group = 16});
  const auto sum = [](const CodedRow& one) {
    int all = 0;
    for (const int code : one.codes) all += std::abs(code);
    return all;
  };
  CHECK(sum(cheap) < sum(free));
  CHECK(cheap.error >= free.error);
}

TEST_CASE("moments without a Cholesky factor are damped until they have one") {
  Moments flat;
  flat.inputs = kInputs;
  flat.own.assign(kInputs * kInputs, 1);  // of rank one
  for (std::size_t i = 0; i < kInputs; ++i) flat.own[i] = flat.own[i * kInputs] = i == 0 ? -1 : 1;
  const Hessian hessian(flat, 0, pool());
  CHECK(hessian.damping() > 0);
  flat.own[0] = std::nan("");
  CHECK_THROWS_AS(Hessian(flat, 0.01, pool()), Error);
  Moments dead = flat;
  dead.own.assign(kInputs * kInputs, 0);
  const std::vector<float> w = row(1);
  const CodedRow best = solve_row(Hessian(dead, 0.01, pool()), w, {}, levels_of(w, 4, 16),
                                  {.group = 16, .move_scales = false});
  CHECK(best.codes.size() == kInputs);
}

TEST_CASE("the target is the row itself where both networks see the same") {
  const Hessian hessian(correlated(5), 0.01, pool());
  const Tensor w = tensor_of({1, kInputs}, row(8));
  CHECK(std::ranges::equal(hessian.targets(w, pool()).as<float>(), w.as<float>()));
}

TEST_CASE("the target solves H (t - w) = S w, and the square is w H w") {
  for (const ColumnOrder order : {ColumnOrder::falling, ColumnOrder::natural}) {
    Moments moments = correlated(6);
    Random random(7);
    for (std::size_t i = 0; i < kInputs * kInputs; ++i) moments.shift.push_back(random.normal());
    const Hessian hessian(moments, 0.01, pool(), order);
    const Tensor w = tensor_of({1, kInputs}, row(8));
    const Tensor target = hessian.targets(w, pool());
    double square = 0;
    for (std::size_t i = 0; i < kInputs; ++i) {
      const std::size_t at = hessian.order()[i];
      double left = 0, right = 0;
      for (std::size_t j = 0; j < kInputs; ++j) {
        const std::size_t column = hessian.order()[j];
        const double number = w.as<float>()[column];
        left += hessian.row(i)[j] * (target.as<float>()[column] - number);
        right += moments.shift[at * kInputs + column] * number;
        square += w.as<float>()[at] * hessian.row(i)[j] * number;
      }
      CHECK(left == doctest::Approx(right).epsilon(1e-3));
    }
    CHECK(hessian.square(w, pool()) == doctest::Approx(square));
  }
}

}  // namespace
}  // namespace mx
