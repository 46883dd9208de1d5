// SPDX-License-Identifier: Apache-2.0
#include "shrink/matrix.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>

#include "base/random.h"

namespace mx {
namespace {

std::vector<float> noise(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> out(count);
  for (float& x : out) x = static_cast<float>(random.normal());
  return out;
}

// x^T x + `damping`, [n, n], of inputs that hang together.
std::vector<float> moments(std::size_t n, double damping) {
  const std::size_t rows = 2 * n;
  std::vector<float> x = noise(rows * n, 3);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t i = 1; i < n; ++i) x[r * n + i] += 0.5F * x[r * n + i - 1];
  }
  ThreadPool pool(2);
  std::vector<float> out = gram(x, rows, n, pool);
  for (std::size_t i = 0; i < n; ++i) out[i * n + i] += static_cast<float>(damping);
  return out;
}

TEST_CASE("the sums of x^T x are those of the loop, whatever the threads") {
  constexpr std::size_t kRows = 700, kInputs = 300;
  const std::vector<float> x = noise(kRows * kInputs, 1);
  ThreadPool one(1), three(3);
  const std::vector<float> found = gram(x, kRows, kInputs, one);
  CHECK(found == gram(x, kRows, kInputs, three));
  double worst = 0;
  for (std::size_t i = 0; i < kInputs; i += 7) {
    for (std::size_t j = 0; j < kInputs; ++j) {
      double sum = 0;
      for (std::size_t r = 0; r < kRows; ++r) {
        sum += static_cast<double>(x[r * kInputs + i]) * x[r * kInputs + j];
      }
      worst = std::max(worst, std::fabs(sum - found[i * kInputs + j]));
      CHECK(found[i * kInputs + j] == found[j * kInputs + i]);
    }
  }
  CHECK(worst < 1e-3);
}

// The factor as the papers make it, in double precision: Cholesky, inverse, Cholesky of that.
std::vector<double> plain_factor(const std::vector<float>& matrix, std::size_t n) {
  const auto cholesky = [n](std::vector<double> a) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t k = 0; k < j; ++k) {
        for (std::size_t i = j; i < n; ++i) a[i * n + j] -= a[i * n + k] * a[j * n + k];
      }
      const double root = std::sqrt(a[j * n + j]);
      for (std::size_t i = j; i < n; ++i) a[i * n + j] /= root;
    }
    return a;
  };
  const std::vector<double> lower = cholesky({matrix.begin(), matrix.end()});
  std::vector<double> inverse(n * n);
  for (std::size_t column = 0; column < n; ++column) {
    std::vector<double> x(n);
    x[column] = 1;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < i; ++k) x[i] -= lower[i * n + k] * x[k];
      x[i] /= lower[i * n + i];
    }
    for (std::size_t i = n; i-- > 0;) {
      for (std::size_t k = i + 1; k < n; ++k) x[i] -= lower[k * n + i] * x[k];
      x[i] /= lower[i * n + i];
    }
    for (std::size_t i = 0; i < n; ++i) inverse[i * n + column] = x[i];
  }
  const std::vector<double> of_inverse = cholesky(inverse);
  std::vector<double> out(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i; j < n; ++j) out[i * n + j] = of_inverse[j * n + i];
  }
  return out;
}

TEST_CASE("the factor of the inverse is that of inverting and factoring anew") {
  for (const std::size_t n : {1UL, 5UL, 128UL, 129UL, 300UL, 520UL}) {
    const std::vector<float> matrix = moments(n, 1);
    const std::vector<double> expected = plain_factor(matrix, n);
    std::vector<float> found = matrix, again = matrix;
    ThreadPool one(1), three(3);
    CHECK(factor_inverse(found, n, one));
    CHECK(factor_inverse(again, n, three));
    CHECK(found == again);
    double worst = 0, largest = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      worst = std::max(worst, std::fabs(found[i] - expected[i]));
      largest = std::max(largest, std::fabs(expected[i]));
    }
    CHECK(worst < 1e-4 * largest);
  }
}

TEST_CASE("a matrix that is not positive definite has no factor") {
  ThreadPool pool(1);
  std::vector<float> matrix = moments(200, 1);
  matrix[150 * 200 + 150] = -1;
  CHECK_FALSE(factor_inverse(matrix, 200, pool));
  matrix = moments(200, 1);
  matrix[3 * 200 + 3] = std::nanf("");
  CHECK_FALSE(factor_inverse(matrix, 200, pool));
}

TEST_CASE("how fast a factor of the inverse is" * doctest::skip()) {
  constexpr std::size_t kSize = 3072;
  std::vector<float> matrix = moments(kSize, 100);
  for (const std::size_t threads : {1UL, 2UL}) {
    ThreadPool pool(threads);
    double best = 1e9;
    for (int round = 0; round < 5; ++round) {
      std::vector<float> copy = matrix;
      const auto begin = std::chrono::steady_clock::now();
      CHECK(factor_inverse(copy, kSize, pool));
      best = std::min(
          best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    MESSAGE(threads, " threads: ", 2.0 / 3 * std::pow(kSize, 3) / best / 1e9, " GF/s, ", best,
            " s");
  }
}

}  // namespace
}  // namespace mx
