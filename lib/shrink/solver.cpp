// SPDX-License-Identifier: Apache-2.0
#include "shrink/solver.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace mx {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

std::vector<float> floats(const Matrix& matrix) {
  std::vector<float> out(static_cast<std::size_t>(matrix.size()));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(matrix.data()[i]);
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

Hessian::Hessian(const Moments& moments, double damping, ColumnOrder columns) {
  const std::size_t n = moments.inputs;
  order_.resize(n);
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  if (columns == ColumnOrder::falling) {
    std::ranges::stable_sort(order_, std::greater<>(),
                             [&](std::size_t i) { return moments.own[i * n + i]; });
  }
  const auto size = static_cast<Eigen::Index>(n);
  Matrix own(size, size), wanted(size, size);
  double mean = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const std::size_t at = order_[i] * n + order_[j];
      // Sums in single precision are not quite symmetric.
      own(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
          (moments.own[at] + moments.own[order_[j] * n + order_[i]]) / 2;
      wanted(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = moments.wanted[at];
    }
    mean += moments.own[i * n + i] / static_cast<double>(n);
  }
  if (!std::isfinite(mean)) fail(Kind::input, "the inputs of a map are not finite");
  if (mean == 0) mean = 1;
  constexpr double kMost = 1e6;
  for (damping_ = damping; damping_ <= kMost; damping_ = damping_ == 0 ? 1e-6 : 10 * damping_) {
    Matrix damped = own;
    damped.diagonal().array() += damping_ * mean;
    const Eigen::LLT<Matrix> factor(damped);
    if (factor.info() != Eigen::Success) continue;
    const Matrix inverse = factor.solve(Matrix::Identity(size, size));
    const Eigen::LLT<Matrix, Eigen::Upper> upper(inverse);
    if (upper.info() != Eigen::Success) continue;
    matrix_ = floats(damped);
    factor_ = floats(upper.matrixU());
    wanted.diagonal().array() += damping_ * mean;
    target_ = floats(factor.solve(wanted));
    return;
  }
  fail(Kind::input, "the inputs of a map have moments that no damping makes solvable");
}

std::vector<float> Hessian::target(std::span<const float> row) const {
  std::vector<float> out(size());
  for (std::size_t i = 0; i < size(); ++i) {
    double sum = 0;
    const std::span<const float> line = row_of(target_, i);
    for (std::size_t j = 0; j < size(); ++j) sum += static_cast<double>(line[j]) * row[order_[j]];
    out[order_[i]] = static_cast<float>(sum);
  }
  return out;
}

double Hessian::square(std::span<const float> row) const {
  double all = 0;
  for (std::size_t i = 0; i < size(); ++i) {
    double sum = 0;
    const std::span<const float> line = this->row(i);
    for (std::size_t j = 0; j < size(); ++j) sum += line[j] * row[order_[j]];
    all += sum * row[order_[i]];
  }
  return all;
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
