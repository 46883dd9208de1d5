// SPDX-License-Identifier: Apache-2.0
#include "shrink/sparsify.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "shrink/matrix.h"
#include "shrink/smallest.h"

namespace mx {
namespace {

using Matrix = std::vector<float>;  // [rows, columns]

struct Size {
  std::size_t rows, columns;
};
Size extent_of(const Tensor& weight) {
  const auto rows = static_cast<std::size_t>(weight.shape.at(0));
  return {rows, rows == 0 ? 0 : weight.count() / rows};
}

Tensor tensor_like(const Tensor& weight, const Matrix& values) {
  return tensor_of(weight.shape, values);
}

Matrix matrix_of(const Tensor& tensor) {
  const auto values = tensor.as<float>();
  return {values.begin(), values.end()};
}

// a b^T; a: [rows, k], b: [columns, k].
Matrix product(const Matrix& a, std::size_t rows, const Matrix& b, std::size_t columns,
               ThreadPool& pool) {
  Matrix out(rows * columns);
  multiply({.rows = rows,
            .columns = columns,
            .depth = columns == 0 ? 0 : b.size() / columns,
            .a = a.data(),
            .b = b.data(),
            .c = out.data(),
            .b_transposed = true},
           pool);
  return out;
}

// Of `columns` numbers of a row that begin a group of m, all but n go; a shorter rest keeps its
// share, rounded up.
void remove_of_group(std::span<const float> scores, const Removal& removal,
                     std::span<std::uint8_t> keep) {
  const std::size_t stay = (scores.size() * removal.n + removal.m - 1) / removal.m;
  drop_least(scores, scores.size() - stay, keep);
}

void remove_in_row(std::span<const float> scores, const Removal& removal,
                   std::span<std::uint8_t> keep) {
  if (removal.m == 0) {
    const auto gone = std::llround(removal.share * static_cast<double>(scores.size()));
    return drop_least(scores, static_cast<std::size_t>(gone), keep);
  }
  for (std::size_t at = 0; at < scores.size(); at += removal.m) {
    const std::size_t some = std::min(removal.m, scores.size() - at);
    remove_of_group(scores.subspan(at, some), removal, keep.subspan(at, some));
  }
}

// Of a whole map, by magnitude.
void choose(Matrix& values, Size size, const Removal& removal, ThreadPool& pool) {
  if (removal.m == 0) {
    const auto gone =
        static_cast<std::size_t>(std::llround(removal.share * static_cast<double>(values.size())));
    if (gone == 0) return;
    const std::array<std::span<const float>, 1> all = {values};
    const std::array<std::span<float>, 1> same = {values};
    return zero_least(same, find_least(all, gone, &pool), &pool);
  }
  pool.run(size.rows, [&](std::size_t r) {
    const std::span<float> row = std::span(values).subspan(r * size.columns, size.columns);
    std::vector<std::uint8_t> keep(row.size(), 1);
    remove_in_row(row, removal, keep);
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = keep[i] != 0 ? row[i] : 0;
  });
}

}  // namespace

std::vector<double> wanda_scores(const Tensor& weight, const Moments& moments) {
  const std::size_t columns = extent_of(weight).columns;
  std::vector<double> out;
  out.reserve(weight.count());
  for (std::size_t i = 0; i < weight.count(); ++i) {
    const std::size_t column = i % columns;
    out.push_back(std::fabs(weight.as<float>()[i]) * std::sqrt(moments.square(column)));
  }
  return out;
}

Tensor wanda(const Tensor& weight, const Moments& moments, const Removal& removal,
             ThreadPool& pool) {
  const Size size = extent_of(weight);
  std::vector<double> norms;
  for (std::size_t i = 0; i < size.columns; ++i) {
    norms.push_back(std::sqrt(moments.square(i)));
  }
  Tensor out(DType::f32, weight.shape);
  pool.run(size.rows, [&](std::size_t r) {
    const auto from = weight.as<float>().subspan(r * size.columns, size.columns);
    const auto to = out.as<float>().subspan(r * size.columns, size.columns);
    Matrix scores(size.columns);
    for (std::size_t i = 0; i < size.columns; ++i) {
      scores[i] = static_cast<float>(std::fabs(from[i]) * norms[i]);
    }
    std::vector<std::uint8_t> keep(size.columns, 1);
    remove_in_row(scores, removal, keep);
    for (std::size_t i = 0; i < size.columns; ++i) to[i] = keep[i] != 0 ? from[i] : 0;
  });
  return out;
}

Tensor sparsegpt(const Tensor& weight, const Hessian& hessian, const Moments& moments,
                 const Removal& removal, ThreadPool& pool) {
  // Groups do not go across blocks.
  const std::size_t block =
      removal.m == 0 ? 128 : std::max<std::size_t>(removal.m, 128 / removal.m * removal.m);
  const Size size = extent_of(weight);
  const std::size_t n = size.columns;
  Matrix left = matrix_of(weight);
  for (std::size_t i = 0; i < n; ++i) {
    if (moments.square(i) != 0) continue;
    for (std::size_t r = 0; r < size.rows; ++r) left[r * n + i] = 0;
  }
  const auto score = [&](std::size_t r, std::size_t i) {
    const float d = hessian.factor(i)[i];
    return left[r * n + i] * left[r * n + i] / (d * d);
  };
  for (std::size_t begin = 0; begin < n; begin += block) {
    const std::size_t end = std::min(n, begin + block), width = end - begin;
    std::vector<std::uint8_t> keep(size.rows * width, 1);
    if (removal.m == 0) {
      Matrix scores(keep.size());
      pool.run(size.rows, [&](std::size_t r) {
        for (std::size_t i = 0; i < width; ++i) scores[r * width + i] = score(r, begin + i);
      });
      // As the published code: the threshold is the number at that share of the sorted scores, and
      // what equals it goes too.
      const auto gone = static_cast<std::size_t>(removal.share * static_cast<double>(keep.size()));
      drop_least(scores, std::min(keep.size(), removal.share > 0 ? gone + 1 : 0), keep);
    }
    Matrix errors(size.rows * width);
    pool.run(size.rows, [&](std::size_t r) {
      float* const row = left.data() + r * n;
      for (std::size_t i = begin; i < end; ++i) {
        if (removal.m != 0 && i % removal.m == 0) {
          const std::size_t some = std::min(removal.m, n - i);
          Matrix scores(some);
          for (std::size_t k = 0; k < some; ++k) scores[k] = score(r, i + k);
          std::vector<std::uint8_t> group(some, 1);
          remove_of_group(scores, removal, group);
          std::ranges::copy(group,
                            keep.begin() + static_cast<std::ptrdiff_t>(r * width + i - begin));
        }
        const std::span<const float> factor = hessian.factor(i);
        const float value = keep[r * width + i - begin] != 0 ? row[i] : 0;
        const float error = (row[i] - value) / factor[i];
        row[i] = value;
        errors[r * width + i - begin] = error;
        for (std::size_t j = i + 1; j < end; ++j) row[j] -= error * factor[j];
      }
    });
    if (end == n) break;
    for (float& error : errors) error = -error;
    multiply({.rows = size.rows,
              .columns = n - end,
              .depth = width,
              .a = errors.data(),
              .b = hessian.factor(begin).data() + end,
              .c = left.data() + end,
              .add = true,
              .b_stride = n,
              .c_stride = n},
             pool);
  }
  return tensor_like(weight, left);
}

namespace {

// A map in coordinates in which H has a diagonal of ones.
class Scaled {
 public:
  Scaled(const Tensor& target, const Hessian& hessian, ThreadPool& pool)
      : size_(extent_of(target)), n_(size_.columns), pool_(pool), matrix_(n_ * n_) {
    for (std::size_t i = 0; i < n_; ++i) scale_.push_back(std::sqrt(hessian.row(i)[i]));
    for (std::size_t i = 0; i < n_; ++i) {
      for (std::size_t j = 0; j < n_; ++j) {
        matrix_[i * n_ + j] = hessian.row(i)[j] / (scale_[i] * scale_[j]);
      }
    }
    target_ = in(target);
    wanted_ = times(target_);
  }

  [[nodiscard]] Matrix in(const Tensor& weight) const {
    Matrix out = matrix_of(weight);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] *= scale_[i % n_];
    return out;
  }
  [[nodiscard]] Matrix out(Matrix weight) const {
    for (std::size_t i = 0; i < weight.size(); ++i) weight[i] /= scale_[i % n_];
    return weight;
  }
  [[nodiscard]] Matrix times(const Matrix& weight) const {
    return product(weight, size_.rows, matrix_, n_, pool_);
  }
  [[nodiscard]] double error(const Matrix& weight) const {
    Matrix off = target_;
    for (std::size_t i = 0; i < off.size(); ++i) off[i] -= weight[i];
    const Matrix pull = times(off);
    return std::inner_product(off.begin(), off.end(), pull.begin(), 0.0);
  }

  [[nodiscard]] Matrix admm(const Removal& removal, int rounds) const {
    constexpr float kPenalty = 1;
    Matrix factor = matrix_;
    for (std::size_t i = 0; i < n_; ++i) factor[i * n_ + i] += kPenalty;
    if (!factor_inverse(factor, n_, pool_)) fail(Kind::failed, "moments without a factor");
    Matrix solver(factor.size());  // the inverse
    multiply({.rows = n_,
              .columns = n_,
              .depth = n_,
              .a = factor.data(),
              .b = factor.data(),
              .c = solver.data(),
              .a_transposed = true},
             pool_);
    Matrix weight = target_, dual(weight.size()), kept(weight.size()), right(weight.size());
    const int tightens = std::max(1, rounds / 2);
    std::vector<std::uint8_t> keep(weight.size());
    for (int round = 1; round <= rounds; ++round) {
      rows([&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
          kept[i] = weight[i] + dual[i];
          if (round > tightens && keep[i] == 0) kept[i] = 0;
        }
      });
      if (round <= tightens) choose(kept, size_, at(removal, round, tightens), pool_);
      rows([&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
          keep[i] = kept[i] != 0 ? 1 : 0;
          dual[i] += weight[i] - kept[i];
          right[i] = wanted_[i] + kPenalty * (kept[i] - dual[i]);
        }
      });
      weight = product(right, size_.rows, solver, n_, pool_);
    }
    return kept;
  }

  // The best numbers in the places that are not zero, by conjugate gradients row by row.
  void fit(Matrix& weight) const {
    constexpr int kSteps = 24;
    Matrix residual = times(weight), direction(weight.size());
    for (std::size_t i = 0; i < residual.size(); ++i) {
      residual[i] = weight[i] == 0 ? 0 : wanted_[i] - residual[i];
    }
    direction = residual;
    std::vector<double> square(size_.rows);
    const auto row = [&](Matrix& matrix, std::size_t r) {
      return std::span(matrix).subspan(r * n_, n_);
    };
    const auto dot = [](std::span<const float> a, std::span<const float> b) {
      return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
    };
    const std::vector<std::uint8_t> keep = [&] {
      std::vector<std::uint8_t> out;
      for (const float x : weight) out.push_back(x == 0 ? 0 : 1);
      return out;
    }();
    for (std::size_t r = 0; r < size_.rows; ++r)
      square[r] = dot(row(residual, r), row(residual, r));
    for (int step = 0; step < kSteps; ++step) {
      Matrix bent = times(direction);
      pool_.run(size_.rows, [&](std::size_t r) {
        const std::span d = row(direction, r), b = row(bent, r), g = row(residual, r);
        const double curve = dot(d, b);
        if (!(curve > 0) || !(square[r] > 0)) return;
        const auto by = static_cast<float>(square[r] / curve);
        double next = 0;
        for (std::size_t i = 0; i < n_; ++i) {
          if (keep[r * n_ + i] == 0) continue;
          weight[r * n_ + i] += by * d[i];
          g[i] -= by * b[i];
          next += static_cast<double>(g[i]) * g[i];
        }
        const auto turn = static_cast<float>(next / square[r]);
        for (std::size_t i = 0; i < n_; ++i) d[i] = g[i] + turn * d[i];
        square[r] = next;
      });
    }
  }

 private:
  // work(begin, end) on the numbers of every row.
  template <class F>
  void rows(const F& work) const {
    pool_.run(size_.rows, [&](std::size_t r) { work(r * n_, (r + 1) * n_); });
  }
  // What is to be gone in a round of those in which the choice tightens.
  static Removal at(const Removal& removal, int round, int tightens) {
    if (removal.m != 0) return removal;
    const double left = 1 - static_cast<double>(round) / tightens;
    return {removal.share * (1 - left * left * left), 0, 0};
  }

  Size size_;
  std::size_t n_;
  ThreadPool& pool_;
  std::vector<float> scale_;
  Matrix matrix_, target_, wanted_;
};

}  // namespace

Tensor refine(const Tensor& start, const Tensor& target, const Hessian& hessian,
              const Removal& removal, int rounds, ThreadPool& pool) {
  const Scaled scaled(target, hessian, pool);
  Matrix first = scaled.in(start);
  scaled.fit(first);
  Matrix second = scaled.admm(removal, rounds);
  scaled.fit(second);
  const bool better = scaled.error(second) < scaled.error(first);
  return tensor_like(start, scaled.out(std::move(better ? second : first)));
}

double share_lost(const Tensor& weight, const Tensor& target, const Hessian& hessian,
                  ThreadPool& pool) {
  Tensor off(DType::f32, weight.shape);
  for (std::size_t i = 0; i < off.count(); ++i) {
    off.as<float>()[i] = target.as<float>()[i] - weight.as<float>()[i];
  }
  const double all = hessian.square(target, pool);
  return all == 0 ? 0 : hessian.square(off, pool) / all;
}

}  // namespace mx
