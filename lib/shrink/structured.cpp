// SPDX-License-Identifier: Apache-2.0
#include "shrink/structured.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "shrink/layerwise.h"
#include "shrink/sparsify.h"

namespace mx {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::Index index(std::size_t i) { return static_cast<Eigen::Index>(i); }

class Surgeon {
 public:
  Surgeon(const Tensor& target, const Hessian& hessian, const ColumnSets& sets, ThreadPool& pool)
      : sets_(sets), pool_(pool) {
    const Eigen::Index n = index(hessian.size());
    weight_ =
        Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
            target.as<float>().data(), index(target.as<float>().size()) / n, n)
            .cast<double>();
    Matrix moments(n, n);
    for (std::size_t i = 0; i < hessian.size(); ++i) {
      const std::span<const float> row = hessian.row(i);
      for (std::size_t j = 0; j < row.size(); ++j) moments(index(i), index(j)) = row[j];
    }
    inverse_ = moments.llt().solve(Matrix::Identity(n, n));
    kept_.assign(sets.columns.size(), 1);
  }

  void remove_cheapest() {
    std::vector<double> costs(kept_.size(), std::numeric_limits<double>::infinity());
    pool_.run(kept_.size(), [&](std::size_t s) {
      if (kept_[s] != 0) costs[s] = cost(s);
    });
    remove(static_cast<std::size_t>(std::ranges::min_element(costs) - costs.begin()));
  }

  [[nodiscard]] StructuredMap result(const Shape& shape) && {
    Tensor out(DType::f32, shape);
    std::ranges::transform(std::span(weight_.data(), static_cast<std::size_t>(weight_.size())),
                           out.as<float>().begin(),
                           [](double value) { return static_cast<float>(value); });
    return {std::move(out), std::move(kept_), 0};
  }

 private:
  // The inverse of the inverse moments' part that belongs to the structure.
  [[nodiscard]] Matrix metric(const std::vector<std::size_t>& columns) const {
    const Eigen::Index k = index(columns.size());
    Matrix part(k, k);
    for (Eigen::Index a = 0; a < k; ++a) {
      for (Eigen::Index b = 0; b < k; ++b) {
        part(a, b) = inverse_(index(columns[static_cast<std::size_t>(a)]),
                              index(columns[static_cast<std::size_t>(b)]));
      }
    }
    return part.llt().solve(Matrix::Identity(k, k));
  }
  [[nodiscard]] static Matrix pick(const Matrix& from, const std::vector<std::size_t>& columns) {
    Matrix out(from.rows(), index(columns.size()));
    for (std::size_t i = 0; i < columns.size(); ++i) {
      out.col(index(i)) = from.col(index(columns[i]));
    }
    return out;
  }

  [[nodiscard]] double cost(std::size_t structure) const {
    const std::vector<std::size_t>& columns = sets_.columns[structure];
    if (columns.size() == 1) {
      const Eigen::Index c = index(columns[0]);
      return weight_.col(c).squaredNorm() / inverse_(c, c);
    }
    const Matrix own = pick(weight_, columns);
    return (own * metric(columns)).cwiseProduct(own).sum();
  }

  void remove(std::size_t structure) {
    const std::vector<std::size_t>& columns = sets_.columns[structure];
    const Matrix solved = metric(columns);
    const Matrix across = pick(inverse_, columns).transpose();  // inverse_ is symmetric
    subtract(weight_, pick(weight_, columns) * solved, across);
    subtract(inverse_, across.transpose() * solved, across);
    for (const std::size_t column : columns) {
      weight_.col(index(column)).setZero();
      inverse_.col(index(column)).setZero();
      inverse_.row(index(column)).setZero();
    }
    kept_[structure] = 0;
  }

  // from -= left right, row by row.
  void subtract(Matrix& from, const Matrix& left, const Matrix& right) {
    constexpr std::size_t kRows = 64;
    const auto rows = static_cast<std::size_t>(from.rows());
    pool_.run((rows + kRows - 1) / kRows, [&](std::size_t part) {
      const Eigen::Index begin = index(part * kRows);
      const Eigen::Index count = std::min(index(kRows), from.rows() - begin);
      from.middleRows(begin, count).noalias() -= left.middleRows(begin, count) * right;
    });
  }

  const ColumnSets& sets_;
  ThreadPool& pool_;
  Matrix weight_, inverse_;
  Kept kept_;
};

// Those with the smallest sums of scores go; the weight stays.
Kept least(const std::vector<double>& scores, const ColumnSets& sets, std::size_t columns,
           std::size_t remove) {
  std::vector<std::pair<double, std::size_t>> sums;
  for (std::size_t s = 0; s < sets.columns.size(); ++s) {
    double sum = 0;
    for (std::size_t first = 0; first < scores.size(); first += columns) {
      for (const std::size_t column : sets.columns[s]) sum += scores[first + column];
    }
    sums.emplace_back(sum, s);
  }
  std::ranges::sort(sums);
  Kept kept(sums.size(), 1);
  for (std::size_t i = 0; i < remove; ++i) kept[sums[i].second] = 0;
  return kept;
}

// Zeros the columns of structures that went.
void clear(Tensor& weight, const ColumnSets& sets, const Kept& kept, std::size_t columns) {
  const std::span<float> values = weight.as<float>();
  for (std::size_t s = 0; s < kept.size(); ++s) {
    if (kept[s] != 0) continue;
    for (std::size_t first = 0; first < values.size(); first += columns) {
      for (const std::size_t column : sets.columns[s]) values[first + column] = 0;
    }
  }
}

}  // namespace

ColumnSets columns_of(const AxisUse& use, std::size_t structures, const Tensor& weight) {
  const std::size_t columns = element_count({weight.shape.begin() + 1, weight.shape.end()});
  const std::size_t inner = columns / (use.outer * structures);
  if (use.axis != 1 || inner * use.outer * structures != columns) {
    fail(Kind::failed, "{} does not fit the structures it reads", use.tensor);
  }
  ColumnSets out;
  out.columns.resize(structures);
  for (std::size_t c = 0; c < columns; ++c) out.columns[c / inner % structures].push_back(c);
  return out;
}

StructuredMap structured_obs(const Tensor& target, const Hessian& hessian, const ColumnSets& sets,
                             std::size_t remove, ThreadPool& pool) {
  Surgeon surgeon(target, hessian, sets, pool);
  for (std::size_t i = 0; i < std::min(remove, sets.columns.size() - 1); ++i) {
    surgeon.remove_cheapest();
  }
  StructuredMap out = std::move(surgeon).result(target.shape);
  out.error = share_lost(out.weight, target, hessian, pool);
  return out;
}

std::vector<PrunedGroup> prune_structures(
    const Network& network, std::vector<Weight>& weights, const std::vector<StructureGroup>& groups,
    const LayerwiseOptions& options, const CalibrationRows& rows, ThreadPool& pool,
    std::vector<Kept>& kept, const std::function<void(std::size_t, std::size_t)>& progress) {
  std::vector<PrunedGroup> out;
  const auto prune = [&](const StructureGroup& group, Kept& stay, const Moments& moments) {
    const AxisUse& use = group.reads.at(0);
    Tensor& weight = std::ranges::find(weights, use.tensor, &Weight::name)->values;
    const auto remove = static_cast<std::size_t>(std::ranges::count(stay, 0));
    const Hessian hessian(moments, options.damping, pool, ColumnOrder::natural);
    const ColumnSets sets = columns_of(use, group.structures, weight);
    const Tensor target = hessian.targets(weight, pool);
    if (options.obs) {
      StructuredMap map = structured_obs(target, hessian, sets, remove, pool);
      weight = std::move(map.weight);
      stay = std::move(map.kept);
    } else {
      stay = least(wanda_scores(weight, moments), sets, moments.inputs, remove);
      clear(weight, sets, stay, moments.inputs);
    }
    out.push_back({group.name, use.tensor,
                   static_cast<double>(remove) / static_cast<double>(group.structures),
                   share_lost(weight, target, hessian, pool)});
    progress(out.size(), groups.size());
  };
  const auto group_read_in = [&](const Stage& stage) {
    return std::ranges::find_if(groups, [&](const StructureGroup& group) {
      return std::ranges::find(stage, group.reads.at(0).tensor) != stage.end();
    });
  };
  visit_stages(
      network, weights, weights, rows, {.reference = options.obs, .inside = options.inside},
      [&](const Stage& stage) { return group_read_in(stage) != groups.end(); }, pool,
      [&](const Stage& stage, const Observe& observe) {
        const auto group = group_read_in(stage);
        prune(*group, kept.at(static_cast<std::size_t>(group - groups.begin())), observe());
      });
  // What makes a structure that nothing reads any more.
  apply_masks(weights, structure_masks(network, groups, kept));
  return out;
}

}  // namespace mx
