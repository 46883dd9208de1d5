// SPDX-License-Identifier: Apache-2.0
#include "prune/method.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "infer/likelihood.h"
#include "learn/train.h"
#include "shrink/keep.h"
#include "shrink/layerwise.h"
#include "shrink/moments.h"
#include "shrink/structured.h"

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
  return scores_from(network, gradient_importance(network, weights, *schema, *rows, threads),
                     options.keep);
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
    return gate_importance(network, weights, *schema, *rows, groups, threads);
  };
  if (options.criterion == Criterion::gradient) {
    return choose_structures(groups, by_gates(), sparsity, scope);
  }
  ThreadPool pool(threads);
  return likelihood_choice({network, weights, *schema, *rows, groups, sparsity, scope, by_gates},
                           pool, log)
      .kept;
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

Subject Method::layer_by_layer(const Subject& start, double sparsity, ThreadPool& pool,
                               Log& log) const {
  const std::size_t most = options.rows ? static_cast<std::size_t>(*options.rows)
                                        : default_calibration_rows(start.network);
  const CalibrationRows calibration = calibration_rows(*rows, most);
  const auto progress = [&](std::size_t done, std::size_t all) {
    log.progress({"map", done, all, ""});
  };
  if (structured()) return group_by_group(start, sparsity, calibration, pool, log, progress);
  const KeepNames kept(options.keep);
  std::set<std::string> names;
  for (const TensorSpec& spec : tensors(start.network)) {
    if (spec.prunable && !kept.matches(spec.name)) names.insert(spec.name);
  }
  const auto takes_part = [&](const std::string& name) { return names.contains(name); };
  Removal removal{sparsity, 0, 0};
  if (pattern.kind == Pattern::Kind::n_of_m) {
    removal = {0, static_cast<std::size_t>(pattern.n), static_cast<std::size_t>(pattern.m)};
  }
  std::map<std::string, double> shares;
  if (options.scope == Scope::outliers) {
    shares =
        outlier_shares(start.network, start.weights, takes_part, sparsity, {}, calibration, pool);
  }
  Subject out = start;
  const std::vector<PrunedLayer> layers = prune_layers(
      start.network, out.weights,
      [&](const std::string& name) -> std::optional<Removal> {
        if (!takes_part(name)) return {};
        const auto own = shares.find(name);
        return own == shares.end() ? removal : Removal{own->second, 0, 0};
      },
      {.obs = options.criterion == Criterion::sparsegpt,
       .damping = options.damping,
       .refine = static_cast<int>(options.refine)},
      calibration, pool, progress);
  for (const PrunedLayer& layer : layers) {
    out.errors[layer.name] = layer.error;
    log.verbose(fmt::format("{}: {:.1f} % gone, {:.3f} % of its outputs lost, damping {:.3g}",
                            layer.name, 100 * layer.share, 100 * layer.error, layer.damping));
    if (layer.damping > options.damping) {
      log.warn(fmt::format("{} needed damping {:.3g} instead of {:.3g}", layer.name, layer.damping,
                           options.damping));
    }
  }
  out.sparsity = share_removed(nonzeros(out));
  return out;
}

Subject Method::group_by_group(
    const Subject& start, double sparsity, const CalibrationRows& calibration, ThreadPool& pool,
    Log& log, const std::function<void(std::size_t, std::size_t)>& progress) const {
  const auto groups = find_groups(start.network, pattern.structure, options.keep);
  Subject out = start;
  // How many go off each group is settled by gates, which of them by the criterion.
  const Dataset few = pick(*rows, spread_rows(rows->rows, calibration.rows));
  const Importance gates =
      gate_importance(start.network, start.weights, *schema, few, groups, threads);
  std::vector<Kept> kept = choose_structures(groups, gates, sparsity, options.settled_scope());
  const std::vector<PrunedGroup> done = prune_structures(
      start.network, out.weights, groups,
      {.obs = options.criterion == Criterion::sparsegpt, .damping = options.damping}, calibration,
      pool, kept, progress);
  Subject smaller = cut(std::move(out), groups, kept);
  for (std::size_t g = 0; g < done.size(); ++g) {
    const PrunedGroup& group = done[g];
    smaller.errors[groups[g].reads[0].tensor] = group.error;
    log.verbose(fmt::format("{}: {:.1f} % of its {} gone, {:.3f} % of what reads them lost",
                            group.name, 100 * group.share, name_of(pattern.structure),
                            100 * group.error));
  }
  return smaller;
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
