// SPDX-License-Identifier: Apache-2.0
#include "prune/method.h"

#include <algorithm>
#include <cmath>

#include "infer/likelihood.h"
#include "learn/train.h"

namespace mx::prune {

double share_removed(const std::vector<KeepMask>& masks) {
  std::size_t all = 0, removed = 0;
  for (const KeepMask& mask : masks) {
    all += mask.keep.size();
    removed += static_cast<std::size_t>(std::count(mask.keep.begin(), mask.keep.end(), 0));
  }
  return all == 0 ? 0 : static_cast<double>(removed) / static_cast<double>(all);
}

std::vector<Scores> Method::scores(const Network& network, std::span<const Weight> weights) const {
  if (options.criterion == Criterion::magnitude) {
    return magnitude_scores(network, weights, options.keep);
  }
  const auto measure = [&] {
    return gradient_importance(network, weights, schema, *rows, threads);
  };
  if (known == nullptr) return scores_from(network, measure(), options.keep);
  ThreadPool pool(threads);
  return scores_from(network, known->of_weights(network, measure, pool), options.keep);
}

std::vector<Kept> Method::choose(const Network& network, std::span<const Weight> weights,
                                 const std::vector<StructureGroup>& groups, double sparsity,
                                 Log& log) const {
  const Scope scope = options.settled_scope();
  if (options.criterion == Criterion::magnitude) {
    const std::vector<Scores> scored = magnitude_scores(network, weights, "");
    return choose_structures(groups, sum_scores(network, groups, scored), sparsity, scope);
  }
  const auto by_gates = [&] {
    return gate_importance(network, weights, schema, *rows, groups, threads);
  };
  ThreadPool pool(threads);
  if (options.criterion == Criterion::gradient) {
    return choose_structures(
        groups, known == nullptr ? by_gates() : known->of_structures(groups, by_gates, pool),
        sparsity, scope);
  }
  LikelihoodJob job{network, weights, *schema, *rows, groups, sparsity, scope, by_gates};
  if (known == nullptr) return likelihood_choice(job, pool, log).kept;
  job.sparsity = 1;  // any target's is the beginning of the order of all
  return first_gone(groups,
                    known->order(
                        groups, [&] { return likelihood_choice(job, pool, log).order; }, pool),
                    sparsity);
}

std::vector<KeepMask> Method::masks(const Network& network, std::span<const Weight> weights,
                                    double sparsity, double share, Log& log) const {
  if (structured()) {
    const auto groups = find_groups(network, pattern.structure, options.keep);
    return structure_masks(network, groups,
                           choose(network, weights, groups, sparsity * share, log));
  }
  const std::vector<Scores> scored = scores(network, weights);
  if (pattern.kind == Pattern::Kind::n_of_m) {
    const auto gone = std::llround(static_cast<double>(pattern.m - pattern.n) * share);
    return choose_n_of_m(scored, pattern.m - gone, pattern.m);
  }
  return choose_free(scored, sparsity * share, options.settled_scope());
}

std::vector<KeepMask> Method::nonzeros(const Subject& subject) const {
  std::vector<KeepMask> out;
  for (const Scores& scores : magnitude_scores(subject.network, subject.weights, options.keep)) {
    KeepMask mask{scores.name, {}};
    for (const float value : scores.values) mask.keep.push_back(value == 0 ? 0 : 1);
    out.push_back(std::move(mask));
  }
  return out;
}

Subject Method::prune_in_place(Subject subject, double sparsity, ThreadPool& pool) const {
  const std::uint64_t gone = prune_magnitudes(subject.network, subject.weights, sparsity,
                                              options.settled_scope(), options.keep, pool);
  std::uint64_t all = 0;
  const std::set<std::string> prunable = names(subject.network);
  for (const Weight& weight : subject.weights) {
    if (prunable.contains(weight.name)) all += weight.values.count();
  }
  subject.sparsity = all == 0 ? 0 : static_cast<double>(gone) / static_cast<double>(all);
  return subject;
}

Subject Method::finish(Subject subject, const std::vector<KeepMask>& masks) const {
  apply_masks(subject.weights, masks);
  if (!structured()) {
    subject.sparsity = share_removed(masks);
    return subject;
  }
  const auto groups = find_groups(subject.network, pattern.structure, options.keep);
  return cut(std::move(subject), groups, kept_by(groups, masks));
}

Subject Method::cut(Subject subject, const std::vector<StructureGroup>& groups,
                    const std::vector<Kept>& kept) {
  Cut cut = cut_structures(subject.network, std::move(subject.weights), groups, kept);
  return {std::move(cut.network), std::move(cut.weights),
          static_cast<double>(cut.removed) / static_cast<double>(cut.structures)};
}

}  // namespace mx::prune
