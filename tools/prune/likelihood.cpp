// SPDX-License-Identifier: Apache-2.0
#include "prune/likelihood.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <queue>

#include "engine/engine.h"
#include "infer/metrics.h"
#include "shrink/groups.h"

namespace mx::prune {
namespace {

constexpr std::size_t kMostRows = 2048;
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
        rows_(pick(job.rows, spread_rows(job.rows.rows, kMostRows))),
        groups_(find_groups(job.network, job.structure, job.keep)),
        weights_(job.weights.begin(), job.weights.end()) {
    for (const StructureGroup& group : groups_) {
      all_ += group.structures;
      kept_.emplace_back(group.structures, std::uint8_t{1});
      const auto share = static_cast<double>(group.structures) * job.sparsity;
      quota_.push_back(job.scope == Scope::layer ? static_cast<std::size_t>(std::llround(share))
                                                 : group.structures - 1);
    }
  }

  void run() {
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
      remove(best.group, best.structure);
      --quota_[best.group];
      ++gone;
      log_.progress({"removed", gone, wanted, ""});
    }
  }

  [[nodiscard]] std::vector<Scores> scores() const {
    std::vector<Scores> out;
    for (const TensorSpec& spec : tensors(job_.network)) {
      if (!spec.prunable) continue;
      Scores one{spec.name, spec.shape, std::vector<float>(element_count(spec.shape), 1.0F)};
      for (std::size_t g = 0; g < groups_.size(); ++g) {
        if (groups_[g].map != spec.name) continue;
        const std::size_t row = one.values.size() / groups_[g].structures;
        for (std::size_t i = 0; i < one.values.size(); ++i) one.values[i] = kept_[g][i / row];
      }
      out.push_back(std::move(one));
    }
    return out;
  }

 private:
  // Group and number of the structures that are tried.
  [[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>> candidates() const {
    std::vector<std::pair<std::size_t, std::size_t>> out;
    const bool all = all_ <= kMostTried;
    std::vector<std::vector<std::uint8_t>> kept;
    if (!all) {
      const double most = static_cast<double>(kMostTried) / static_cast<double>(all_);
      kept =
          rank_structures(groups_, job_.estimate(), std::max(job_.sparsity, most), Scope::global);
    }
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      for (std::size_t i = 0; i < groups_[g].structures && !groups_[g].kept; ++i) {
        if (all || kept[g][i] == 0) out.emplace_back(g, i);
      }
    }
    return out;
  }

  // Calls with every number that makes a structure's output.
  template <class F>
  void each_number(std::size_t group, std::size_t structure, F&& f) {
    for (const AxisUse& use : groups_[group].makes) {
      const auto weight = std::ranges::find(weights_, use.tensor, &Weight::name);
      const std::span<float> values = weight->values.as<float>();
      const auto size = static_cast<std::size_t>(weight->values.shape.at(0));
      const std::size_t row = values.size() / size;
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (i / row / use.inner % groups_[group].structures == structure) f(values[i]);
      }
    }
  }

  [[nodiscard]] double without(std::size_t group, std::size_t structure) {
    std::vector<float> before;
    each_number(group, structure, [&](float& value) {
      before.push_back(value);
      value = 0;
    });
    Engine engine(job_.network, weights_, pool_);
    const std::vector<float> logits = outputs_of(rows_, engine);
    std::size_t at = 0;
    each_number(group, structure, [&](float& value) { value = before[at++]; });
    return mean_probability(logits);
  }

  [[nodiscard]] double mean_probability(std::span<const float> logits) const {
    const std::size_t classes = logits.size() / std::max<std::size_t>(1, rows_.rows);
    double sum = 0;
    for (std::size_t r = 0; r < rows_.rows; ++r) {
      const auto row = logits.subspan(r * classes, classes);
      const float own = row[static_cast<std::size_t>(rows_.classes[r])];
      double all = 0;
      for (const float logit : row) all += std::exp(static_cast<double>(logit) - own);
      sum += 1 / all;
    }
    return sum / static_cast<double>(std::max<std::size_t>(1, rows_.rows));
  }

  void remove(std::size_t group, std::size_t structure) {
    each_number(group, structure, [](float& value) { value = 0; });
    kept_[group][structure] = 0;
  }

  const LikelihoodJob& job_;
  ThreadPool& pool_;
  Log& log_;
  Dataset rows_;
  std::vector<StructureGroup> groups_;
  std::vector<Weight> weights_;
  std::size_t all_ = 0;
  std::vector<std::vector<std::uint8_t>> kept_;
  std::vector<std::size_t> quota_;  // how many may still go
};

}  // namespace

std::vector<Scores> likelihood_scores(const LikelihoodJob& job, ThreadPool& pool, Log& log) {
  Greedy greedy(job, pool, log);
  greedy.run();
  return greedy.scores();
}

}  // namespace mx::prune
