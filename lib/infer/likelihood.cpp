// SPDX-License-Identifier: Apache-2.0
#include "infer/likelihood.h"

#include <algorithm>
#include <cmath>
#include <queue>

#include "engine/engine.h"
#include "infer/metrics.h"

namespace mx {
namespace {

constexpr std::size_t kMostRows = 2048, kMostWindows = 256;
constexpr std::size_t kMostTried = 4096;  // structures

struct Candidate {
  double probability;                      // that is left without it
  std::size_t group, structure, measured;  // when that many were gone
  // The best on top of a queue; ties go by position.
  bool operator<(const Candidate& other) const {
    if (probability != other.probability) return probability < other.probability;
    return std::pair(group, structure) > std::pair(other.group, other.structure);
  }
};

class Greedy {
 public:
  Greedy(const LikelihoodJob& job, ThreadPool& pool, Log& log)
      : job_(job),
        pool_(pool),
        log_(log),
        rows_(
            pick(job.rows, spread_rows(job.rows.rows, job.rows.tokens ? kMostWindows : kMostRows))),
        weights_(job.weights.begin(), job.weights.end()) {
    for (const StructureGroup& group : job.groups) {
      all_ += group.structures;
      kept_.emplace_back(group.structures, std::uint8_t{1});
      const std::size_t most = group.blocks.empty() ? group.structures - 1 : group.structures;
      const auto share = static_cast<double>(group.structures) * job.sparsity;
      quota_.push_back(job.scope == Scope::layer
                           ? std::min(most, static_cast<std::size_t>(std::llround(share)))
                           : most);
    }
  }

  [[nodiscard]] LikelihoodChoice run() {
    const auto wanted =
        static_cast<std::size_t>(std::llround(job_.sparsity * static_cast<double>(all_)));
    std::priority_queue<Candidate> queue;
    const std::vector<std::pair<std::size_t, std::size_t>> tried = candidates();
    for (const auto& [group, structure] : tried) {
      queue.push({without(group, structure), group, structure, 0});
      log_.progress({"structure", queue.size(), tried.size(), ""});
    }
    std::size_t gone = 0;
    while (gone < wanted && !queue.empty()) {
      Candidate best = queue.top();
      queue.pop();
      if (quota_[best.group] == 0) continue;
      if (best.measured != gone) {
        best.probability = without(best.group, best.structure);
        best.measured = gone;
        queue.push(best);
        continue;
      }
      kept_[best.group][best.structure] = 0;
      apply_masks(weights_, masks(best.group));
      order_.emplace_back(best.group, best.structure);
      --quota_[best.group];
      ++gone;
      log_.progress({"removed", gone, wanted, ""});
    }
    return {std::move(kept_), std::move(order_)};
  }

 private:
  // Group and number of the structures that are tried.
  [[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>> candidates() const {
    std::vector<std::pair<std::size_t, std::size_t>> out;
    const bool all = all_ <= kMostTried;
    std::vector<Kept> kept;
    if (!all) {
      const double most = static_cast<double>(kMostTried) / static_cast<double>(all_);
      kept = choose_structures(job_.groups, job_.estimate(), std::max(job_.sparsity, most),
                               Scope::global);
    }
    for (std::size_t g = 0; g < job_.groups.size(); ++g) {
      for (std::size_t i = 0; i < job_.groups[g].structures; ++i) {
        if (all || kept[g][i] == 0) out.emplace_back(g, i);
      }
    }
    return out;
  }

  [[nodiscard]] std::vector<KeepMask> masks(std::size_t group) const {
    return structure_masks(job_.network, {job_.groups[group]}, {kept_[group]});
  }

  // The mean probability with one more structure gone.
  [[nodiscard]] double without(std::size_t group, std::size_t structure) {
    kept_[group][structure] = 0;
    const std::vector<KeepMask> less = masks(group);
    kept_[group][structure] = 1;
    std::vector<Weight> before;
    for (const KeepMask& mask : less) {
      before.push_back(*std::ranges::find(weights_, mask.name, &Weight::name));
    }
    apply_masks(weights_, less);
    Engine engine(job_.network, weights_, pool_);
    const double probability = evaluate(job_.schema, rows_, engine).probability;
    for (Weight& weight : before) {
      *std::ranges::find(weights_, weight.name, &Weight::name) = std::move(weight);
    }
    return probability;
  }

  const LikelihoodJob& job_;
  ThreadPool& pool_;
  Log& log_;
  Dataset rows_;
  std::vector<Weight> weights_;
  std::size_t all_ = 0;
  std::vector<Kept> kept_;
  std::vector<std::pair<std::size_t, std::size_t>> order_;
  std::vector<std::size_t> quota_;  // how many may still go
};

}  // namespace

std::vector<Kept> first_gone(const std::vector<StructureGroup>& groups,
                             const std::vector<std::pair<std::size_t, std::size_t>>& order,
                             double sparsity) {
  std::vector<Kept> out;
  std::size_t all = 0;
  for (const StructureGroup& group : groups) {
    out.emplace_back(group.structures, std::uint8_t{1});
    all += group.structures;
  }
  const auto wanted = static_cast<std::size_t>(std::llround(sparsity * static_cast<double>(all)));
  for (std::size_t i = 0; i < std::min(wanted, order.size()); ++i) {
    out[order[i].first][order[i].second] = 0;
  }
  return out;
}

LikelihoodChoice likelihood_choice(const LikelihoodJob& job, ThreadPool& pool, Log& log) {
  return Greedy(job, pool, log).run();
}

}  // namespace mx
