// SPDX-License-Identifier: Apache-2.0
#include "shrink/structured.h"

#include <doctest/doctest.h>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "shrink/sparsify.h"

namespace mx {
namespace {

using Matrix = Eigen::MatrixXd;

Eigen::Index index(std::size_t i) { return static_cast<Eigen::Index>(i); }

// Second moments of inputs that depend on each other.
Moments moments_of(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  Moments out;
  out.inputs = n;
  out.count = 3 * n;
  out.own.assign(n * n, 0);
  for (std::size_t s = 0; s < out.count; ++s) {
    std::vector<double> x(n);
    for (double& value : x) value = random.normal();
    for (std::size_t i = 1; i < n; ++i) x[i] += 0.7 * x[i - 1];
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        out.own[i * n + j] += x[i] * x[j] / static_cast<double>(out.count);
      }
    }
  }
  return out;
}

Tensor random_weight(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  Random random(seed);
  Tensor out(DType::f32, {rows, columns});
  for (float& value : out.as<float>()) value = static_cast<float>(random.normal());
  return out;
}

// The best weight whose columns outside `columns` are zero, by the normal equations, and what is
// lost of `weight` on inputs of these moments.
std::pair<Matrix, double> best_on(const Tensor& weight, const Hessian& hessian,
                                  const std::vector<std::size_t>& columns) {
  const std::size_t n = hessian.size();
  Matrix h(index(n), index(n)), w(weight.shape[0], index(n));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      h(index(i), index(j)) = static_cast<double>(hessian.row(i)[j]);
    }
  }
  for (Eigen::Index r = 0; r < w.rows(); ++r) {
    for (Eigen::Index c = 0; c < w.cols(); ++c) {
      w(r, c) = static_cast<double>(weight.as<float>()[static_cast<std::size_t>(r * w.cols() + c)]);
    }
  }
  const Eigen::Index k = index(columns.size());
  Matrix part(k, k), right(k, w.rows());
  for (Eigen::Index a = 0; a < k; ++a) {
    for (Eigen::Index b = 0; b < k; ++b) {
      part(a, b) = h(index(columns[static_cast<std::size_t>(a)]),
                     index(columns[static_cast<std::size_t>(b)]));
    }
    right.row(a) = (h.row(index(columns[static_cast<std::size_t>(a)])) * w.transpose());
  }
  const Matrix solved = part.llt().solve(right);
  Matrix out = Matrix::Zero(w.rows(), w.cols());
  for (Eigen::Index a = 0; a < k; ++a) {
    out.col(index(columns[static_cast<std::size_t>(a)])) = solved.row(a).transpose();
  }
  const Matrix off = w - out;
  return {out, (off * h).cwiseProduct(off).sum()};
}

std::vector<std::size_t> columns_left(const ColumnSets& sets, const Kept& kept) {
  std::vector<std::size_t> out;
  for (std::size_t s = 0; s < kept.size(); ++s) {
    if (kept[s] != 0) out.insert(out.end(), sets.columns[s].begin(), sets.columns[s].end());
  }
  return out;
}

TEST_CASE("what stays is the least-squares answer, and each step removes the cheapest structure") {
  ThreadPool pool(2);
  for (const std::size_t inner : {std::size_t{1}, std::size_t{3}}) {
    CAPTURE(inner);
    const std::size_t structures = 6;
    const std::size_t n = structures * inner;
    const Moments moments = moments_of(n, 5);
    const Hessian hessian(moments, 0.01, pool, ColumnOrder::natural);
    const Tensor weight = random_weight(4, static_cast<std::int64_t>(n), 9);
    const ColumnSets sets = columns_of({"w", 1, 1, inner}, structures, weight);
    Kept greedy(structures, 1);
    for (std::size_t gone = 1; gone <= 3; ++gone) {
      std::size_t best = 0;
      double least = std::numeric_limits<double>::infinity();
      for (std::size_t s = 0; s < structures; ++s) {
        if (greedy[s] == 0) continue;
        Kept without = greedy;
        without[s] = 0;
        const double loss = best_on(weight, hessian, columns_left(sets, without)).second;
        if (loss < least) {
          least = loss;
          best = s;
        }
      }
      greedy[best] = 0;
      const StructuredMap map = structured_obs(weight, hessian, sets, gone, pool);
      CHECK(map.kept == greedy);
      const Matrix answer = best_on(weight, hessian, columns_left(sets, greedy)).first;
      for (Eigen::Index r = 0; r < answer.rows(); ++r) {
        for (Eigen::Index c = 0; c < answer.cols(); ++c) {
          const float ours =
              map.weight.as<float>()[static_cast<std::size_t>(r * answer.cols() + c)];
          CHECK(static_cast<double>(ours) == doctest::Approx(answer(r, c)).epsilon(1e-4));
        }
      }
    }
  }
}

TEST_CASE("structures behind a flattening lie apart in what reads them") {
  const Tensor weight = random_weight(2, 12, 1);
  const ColumnSets sets = columns_of({"w", 1, 2, 2}, 3, weight);
  CHECK(sets.columns[1] == std::vector<std::size_t>{2, 3, 8, 9});
  const Tensor convolution(DType::f32, {2, 3, 2, 2});
  CHECK(columns_of({"c", 1}, 3, convolution).columns[2] == std::vector<std::size_t>{8, 9, 10, 11});
  CHECK_THROWS_AS((void)columns_of({"w", 1}, 5, weight), Error);
}

}  // namespace
}  // namespace mx
