// SPDX-License-Identifier: Apache-2.0
#include "prune/method.h"

#include <algorithm>
#include <cmath>

#include "learn/train.h"

namespace mx::prune {
namespace {

double share_removed(const std::vector<KeepMask>& masks) {
  std::size_t all = 0, removed = 0;
  for (const KeepMask& mask : masks) {
    all += mask.keep.size();
    removed += static_cast<std::size_t>(std::count(mask.keep.begin(), mask.keep.end(), 0));
  }
  return all == 0 ? 0 : static_cast<double>(removed) / static_cast<double>(all);
}

}  // namespace

std::vector<Scores> Method::scores(const Network& network, std::span<const Weight> weights) const {
  if (options.criterion == Criterion::magnitude) {
    return magnitude_scores(network, weights, options.keep);
  }
  return scores_from(network,
                     gradient_importance(network, weights, *schema, *gradient_rows, threads),
                     options.keep);
}

std::vector<KeepMask> Method::masks(const Network& network, std::span<const Weight> weights,
                                    double sparsity, double share) const {
  const std::vector<Scores> scored = scores(network, weights);
  if (pattern.kind == Pattern::Kind::n_of_m) {
    const auto gone = std::llround(static_cast<double>(pattern.m - pattern.n) * share);
    return choose_n_of_m(scored, pattern.m - gone, pattern.m);
  }
  if (pattern.kind == Pattern::Kind::free) {
    return choose_free(scored, sparsity * share, options.scope);
  }
  return choose_structures(network, scored, structure(), sparsity * share, options.scope,
                           options.keep);
}

Subject Method::finish(Subject subject, const std::vector<KeepMask>& masks, double sparsity) const {
  apply_masks(subject.weights, masks);
  if (!structured()) {
    subject.sparsity = share_removed(masks);
    return subject;
  }
  // What is masked is what is cut.
  std::vector<Scores> kept;
  for (const KeepMask& mask : masks) {
    kept.push_back({mask.name, {}, {mask.keep.begin(), mask.keep.end()}});
  }
  Cut cut = cut_structures(subject.network, std::move(subject.weights), kept, structure(), sparsity,
                           options.scope, options.keep);
  return {std::move(cut.network), std::move(cut.weights),
          static_cast<double>(cut.removed) / static_cast<double>(cut.structures)};
}

}  // namespace mx::prune
