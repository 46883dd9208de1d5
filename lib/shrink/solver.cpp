// SPDX-License-Identifier: Apache-2.0
#include "shrink/solver.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "shrink/matrix.h"

namespace mx {
namespace {

// Of each row of the matrix its numbers in that order, rows in that order too.
std::vector<float> reordered(const std::vector<double>& matrix, std::span<const std::size_t> order,
                             ThreadPool& pool) {
  const std::size_t n = order.size();
  std::vector<float> out(matrix.size());
  if (matrix.empty()) return out;
  pool.run(n, [&](std::size_t i) {
    const double* const from = matrix.data() + order[i] * n;
    float* const to = out.data() + i * n;
    for (std::size_t j = 0; j < n; ++j) to[j] = static_cast<float>(from[order[j]]);
  });
  return out;
}

// One row on its way, columns in the Hessian's order.
class Row {
 public:
  Row(const Hessian& hessian, std::span<const float> target, std::span<const std::uint8_t> frozen,
      std::vector<Levels> levels, const RowOptions& options)
      : hessian_(hessian), options_(options), levels_(std::move(levels)), n_(hessian.size()) {
    for (const std::size_t column : hessian.order()) {
      target_.push_back(target[column]);
      frozen_.push_back(frozen.empty() ? 0 : frozen[column]);
      group_.push_back(column / options.group);
    }
    codes_.resize(n_);
    values_.resize(n_);
  }

  // Column by column; what rounding costs is made good by the columns that are still free.
  void round() {
    std::vector<float> left = target_;
    for (std::size_t i = 0; i < n_; ++i) {
      const Levels& levels = levels_[group_[i]];
      set(i, frozen_[i] != 0 ? zero(levels) : levels.nearest(left[i]));
      const std::span<const float> factor = hessian_.factor(i);
      const float error = (left[i] - values_[i]) / factor[i];
      for (std::size_t j = i + 1; j < n_; ++j) left[j] -= error * factor[j];
    }
  }

  // Code by code and scale by scale, each the best as long as the others stay.
  void descend() {
    pull_.assign(n_, 0);
    for (std::size_t i = 0; i < n_; ++i) push(i, target_[i] - values_[i]);
    constexpr int kPasses = 12;
    for (int pass = 0; pass < kPasses; ++pass) {
      bool changed = false;
      if (options_.move_scales) {
        for (std::size_t g = 0; g < levels_.size(); ++g) changed = move_scale(g) || changed;
      }
      for (std::size_t i = 0; i < n_; ++i) changed = move_code(i) || changed;
      if (!changed) break;
    }
  }

  [[nodiscard]] CodedRow result() {
    CodedRow out{std::vector<int>(n_), std::move(levels_), 0};
    for (std::size_t i = 0; i < n_; ++i) {
      out.codes[hessian_.order()[i]] = codes_[i];
      out.error += static_cast<double>(pull_[i]) * (target_[i] - values_[i]);
    }
    return out;
  }

 private:
  static int zero(const Levels& levels) { return levels.nearest(0); }

  void set(std::size_t i, int code) {
    codes_[i] = code;
    values_[i] = levels_[group_[i]].value(code);
  }
  // pull_ = H (target - values): the error in column i grew by `by`.
  void push(std::size_t i, float by) {
    if (by == 0) return;
    const std::span<const float> row = hessian_.row(i);
    for (std::size_t j = 0; j < n_; ++j) pull_[j] += by * row[j];
  }

  bool move_code(std::size_t i) {
    if (frozen_[i] != 0) return false;
    const Levels& levels = levels_[group_[i]];
    const float curve = hessian_.row(i)[i];
    const float wish = values_[i] + pull_[i] / curve;
    int best = levels.nearest(wish);
    if (options_.rate > 0) best = cheapest(levels, wish, curve, best);
    if (best == codes_[i]) return false;
    const float before = values_[i];
    set(i, best);
    push(i, before - values_[i]);
    return true;
  }

  // A code between the nearest and zero may cost fewer bits than it errs more.
  [[nodiscard]] int cheapest(const Levels& levels, float wish, float curve, int nearest) const {
    const int none = zero(levels);
    int best = nearest;
    double least = 0;
    for (int code = nearest;; code += code < none ? 1 : -1) {
      const double off = wish - levels.value(code);
      const double cost =
          curve * off * off +
          options_.rate * options_.bits[static_cast<std::size_t>(code - options_.lowest)];
      if (code == nearest || cost < least) {
        least = cost;
        best = code;
      }
      if (code == none) return best;
    }
  }

  bool move_scale(std::size_t g) {
    // The direction in which the group's values grow with its scale, and the curve along it.
    double slope = 0, curve = 0;
    std::vector<float> along(n_);
    for (std::size_t i = 0; i < n_; ++i) {
      if (group_[i] != g || codes_[i] == 0) continue;
      const auto code = static_cast<float>(codes_[i]);
      const std::span<const float> row = hessian_.row(i);
      for (std::size_t j = 0; j < n_; ++j) along[j] += code * row[j];
      slope += static_cast<double>(code) * pull_[i];
    }
    for (std::size_t i = 0; i < n_; ++i) {
      if (group_[i] == g) curve += static_cast<double>(codes_[i]) * along[i];
    }
    if (!(curve > 0)) return false;
    Levels& levels = levels_[g];
    const float scale =
        round_scale(levels.scale + static_cast<float>(slope / curve), options_.scale_bits);
    const float by = scale - levels.scale;
    // Rounding a scale may undo the step; only a real gain is taken.
    if (by == 0 || 2 * by * slope <= by * by * curve) return false;
    levels.scale = scale;
    for (std::size_t i = 0; i < n_; ++i) {
      if (group_[i] == g) values_[i] = levels.value(codes_[i]);
      pull_[i] -= by * along[i];
    }
    return true;
  }

  const Hessian& hessian_;
  const RowOptions& options_;
  std::vector<Levels> levels_;
  std::size_t n_;
  std::vector<float> target_, values_, pull_;
  std::vector<std::uint8_t> frozen_;
  std::vector<std::size_t> group_;
  std::vector<int> codes_;
};

}  // namespace

Hessian::Hessian(const Moments& moments, double damping, ThreadPool& pool, ColumnOrder columns) {
  const std::size_t n = moments.inputs;
  order_.resize(n);
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  if (columns == ColumnOrder::falling) {
    std::ranges::stable_sort(order_, std::greater<>(),
                             [&](std::size_t i) { return moments.own[i * n + i]; });
  }
  double mean = 0;
  for (std::size_t i = 0; i < n; ++i) mean += moments.own[i * n + i] / static_cast<double>(n);
  if (!std::isfinite(mean)) fail(Kind::input, "the inputs of a map are not finite");
  if (mean == 0) mean = 1;
  matrix_ = reordered(moments.own, order_, pool);
  shift_ = reordered(moments.shift, order_, pool);
  constexpr double kMost = 1e6;
  for (damping_ = damping; damping_ <= kMost; damping_ = damping_ == 0 ? 1e-6 : 10 * damping_) {
    for (std::size_t i = 0; i < n; ++i) {
      const double own = moments.own[order_[i] * n + order_[i]];
      matrix_[i * n + i] = static_cast<float>(own + damping_ * mean);
    }
    factor_ = matrix_;
    if (factor_inverse(factor_, n, pool)) return;
  }
  fail(Kind::input, "the inputs of a map have moments that no damping makes solvable");
}

std::vector<float> Hessian::ordered(const Tensor& weight) const {
  const std::span<const float> from = weight.as<float>();
  std::vector<float> out(from.size());
  for (std::size_t at = 0; at < out.size(); at += size()) {
    for (std::size_t i = 0; i < size(); ++i) out[at + i] = from[at + order_[i]];
  }
  return out;
}

Tensor Hessian::targets(const Tensor& weight, ThreadPool& pool) const {
  Tensor out(DType::f32, weight.shape);
  std::ranges::copy(weight.as<float>(), out.as<float>().begin());
  if (shift_.empty()) return out;
  const std::size_t n = size(), rows = weight.count() / n;
  std::vector<float> a = ordered(weight), b(a.size());
  const auto times = [&](const std::vector<float>& matrix, bool transposed) {
    multiply({.rows = rows,
              .columns = n,
              .depth = n,
              .a = a.data(),
              .b = matrix.data(),
              .c = b.data(),
              .b_transposed = transposed},
             pool);
    std::swap(a, b);
  };
  times(shift_, true);
  times(factor_, true);
  times(factor_, false);
  for (std::size_t at = 0; at < a.size(); at += n) {
    for (std::size_t i = 0; i < n; ++i) out.as<float>()[at + order_[i]] += a[at + i];
  }
  return out;
}

double Hessian::square(const Tensor& weight, ThreadPool& pool) const {
  const std::size_t n = size();
  const std::vector<float> rows = ordered(weight);
  std::vector<float> pulls(rows.size());
  multiply({.rows = rows.size() / n,
            .columns = n,
            .depth = n,
            .a = rows.data(),
            .b = matrix_.data(),
            .c = pulls.data()},
           pool);
  return std::inner_product(rows.begin(), rows.end(), pulls.begin(), 0.0);
}

CodedRow solve_row(const Hessian& hessian, std::span<const float> target,
                   std::span<const std::uint8_t> frozen, std::vector<Levels> start,
                   const RowOptions& options) {
  Row row(hessian, target, frozen, std::move(start), options);
  row.round();
  row.descend();
  return row.result();
}

}  // namespace mx
