// SPDX-License-Identifier: Apache-2.0
#include "shrink/sparsify.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "engine/packed_map.h"

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

// a b^T by the engine's kernels; a: [rows, k], b: [columns, k].
Matrix product(const Matrix& a, std::size_t rows, const Matrix& b, std::size_t columns,
               ThreadPool& pool) {
  const std::size_t k = columns == 0 ? 0 : b.size() / columns;
  const auto side = [](std::size_t n) { return static_cast<std::int64_t>(n); };
  const engine::PackedMap map({.name = {}, .values = tensor_of({side(columns), side(k)}, b)},
                              engine::kernels());
  Matrix out(rows * columns);
  map.run(a.data(), rows, {}, out.data(), &pool);
  return out;
}

// Marks with 0 the `gone` smallest of `scores`; ties go by position.
void remove_smallest(std::span<const float> scores, std::size_t gone,
                     std::span<std::uint8_t> keep) {
  if (gone == 0) return;
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(gone);
  std::nth_element(order.begin(), end - 1, order.end(), [&](std::size_t a, std::size_t b) {
    return scores[a] != scores[b] ? scores[a] < scores[b] : a < b;
  });
  std::for_each(order.begin(), end, [&](std::size_t i) { keep[i] = 0; });
}

// Of `columns` numbers of a row that begin a group of m, all but n go; a shorter rest keeps its
// share, rounded up.
void remove_of_group(std::span<const float> scores, const Removal& removal,
                     std::span<std::uint8_t> keep) {
  const std::size_t stay = (scores.size() * removal.n + removal.m - 1) / removal.m;
  remove_smallest(scores, scores.size() - stay, keep);
}

void remove_in_row(std::span<const float> scores, const Removal& removal,
                   std::span<std::uint8_t> keep) {
  if (removal.m == 0) {
    const auto gone = std::llround(removal.share * static_cast<double>(scores.size()));
    return remove_smallest(scores, static_cast<std::size_t>(gone), keep);
  }
  for (std::size_t at = 0; at < scores.size(); at += removal.m) {
    const std::size_t some = std::min(removal.m, scores.size() - at);
    remove_of_group(scores.subspan(at, some), removal, keep.subspan(at, some));
  }
}

// Of a whole map.
std::vector<std::uint8_t> choose(const Matrix& scores, Size size, const Removal& removal) {
  std::vector<std::uint8_t> keep(scores.size(), 1);
  if (removal.m == 0) {
    const auto gone = std::llround(removal.share * static_cast<double>(scores.size()));
    remove_smallest(scores, static_cast<std::size_t>(gone), keep);
    return keep;
  }
  for (std::size_t r = 0; r < size.rows; ++r) {
    remove_in_row(std::span(scores).subspan(r * size.columns, size.columns), removal,
                  std::span(keep).subspan(r * size.columns, size.columns));
  }
  return keep;
}

}  // namespace

std::vector<double> wanda_scores(const Tensor& weight, const Moments& moments) {
  const std::size_t columns = extent_of(weight).columns;
  std::vector<double> out;
  out.reserve(weight.count());
  for (std::size_t i = 0; i < weight.count(); ++i) {
    const std::size_t column = i % columns;
    out.push_back(std::fabs(weight.as<float>()[i]) *
                  std::sqrt(moments.own[column * columns + column]));
  }
  return out;
}

Tensor wanda(const Tensor& weight, const Moments& moments, const Removal& removal) {
  const Size size = extent_of(weight);
  const std::vector<double> all = wanda_scores(weight, moments);
  const Matrix scores(all.begin(), all.end());
  Matrix out = matrix_of(weight);
  std::vector<std::uint8_t> keep(out.size(), 1);
  for (std::size_t r = 0; r < size.rows; ++r) {
    remove_in_row(std::span(scores).subspan(r * size.columns, size.columns), removal,
                  std::span(keep).subspan(r * size.columns, size.columns));
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = keep[i] != 0 ? out[i] : 0;
  return tensor_like(weight, out);
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
    if (moments.own[i * n + i] != 0) continue;
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
      for (std::size_t r = 0; r < size.rows; ++r) {
        for (std::size_t i = 0; i < width; ++i) scores[r * width + i] = score(r, begin + i);
      }
      // As the published code: the threshold is the number at that share of the sorted scores, and
      // what equals it goes too.
      const auto gone = static_cast<std::size_t>(removal.share * static_cast<double>(keep.size()));
      remove_smallest(scores, std::min(keep.size(), removal.share > 0 ? gone + 1 : 0), keep);
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
    Matrix behind((n - end) * width);  // the factor's rows of the block, transposed
    for (std::size_t i = 0; i < width; ++i) {
      for (std::size_t j = end; j < n; ++j) {
        behind[(j - end) * width + i] = hessian.factor(begin + i)[j];
      }
    }
    const Matrix moved = product(errors, size.rows, behind, n - end, pool);
    pool.run(size.rows, [&](std::size_t r) {
      for (std::size_t j = end; j < n; ++j) left[r * n + j] -= moved[r * (n - end) + j - end];
    });
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
  [[nodiscard]] double all() const {
    return std::inner_product(target_.begin(), target_.end(), wanted_.begin(), 0.0);
  }

  [[nodiscard]] Matrix admm(const Removal& removal, int rounds) const {
    constexpr float kPenalty = 1;
    using Square = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const auto side = static_cast<Eigen::Index>(n_);
    Square damped = Eigen::Map<const Square>(matrix_.data(), side, side);
    damped.diagonal().array() += kPenalty;
    const Square inverse = damped.llt().solve(Square::Identity(side, side));
    const Matrix solver(inverse.data(), inverse.data() + inverse.size());
    Matrix weight = target_, dual(weight.size()), kept(weight.size());
    const int tightens = std::max(1, rounds / 2);
    std::vector<std::uint8_t> keep;
    for (int round = 1; round <= rounds; ++round) {
      for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = weight[i] + dual[i];
      if (round <= tightens) keep = choose(magnitudes(kept), size_, at(removal, round, tightens));
      Matrix right = wanted_;
      for (std::size_t i = 0; i < kept.size(); ++i) {
        if (keep[i] == 0) kept[i] = 0;
        dual[i] += weight[i] - kept[i];
        right[i] += kPenalty * (kept[i] - dual[i]);
      }
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
  static Matrix magnitudes(Matrix values) {
    for (float& value : values) value = std::fabs(value);
    return values;
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
  const Scaled scaled(target, hessian, pool);
  const double all = scaled.all();
  return all == 0 ? 0 : scaled.error(scaled.in(weight)) / all;
}

}  // namespace mx
