// SPDX-License-Identifier: Apache-2.0
// Maps pruned one after the other, on what they see.
#include <algorithm>
#include <map>
#include <set>

#include "base/signals.h"
#include "base/words.h"
#include "engine/engine.h"
#include "infer/metrics.h"
#include "learn/train.h"
#include "prune/method.h"
#include "shrink/keep.h"
#include "shrink/moments.h"
#include "shrink/sensitivity.h"
#include "shrink/structured.h"

namespace mx::prune {
LayerwiseOptions Method::layerwise() const {
  LayerwiseOptions out{.obs = options.criterion == Criterion::sparsegpt,
                       .damping = options.damping,
                       .refine = static_cast<int>(options.refine)};
  if (max_memory != 0) out.inside = max_memory / 4;
  return out;
}

std::size_t Method::most_rows(const Network& network) const {
  return options.rows ? static_cast<std::size_t>(*options.rows) : default_calibration_rows(network);
}

std::set<std::string> Method::names(const Network& network) const {
  const KeepNames kept(options.keep);
  std::set<std::string> out;
  for (const TensorSpec& spec : tensors(network)) {
    if (spec.prunable && !kept.matches(spec.name)) out.insert(spec.name);
  }
  return out;
}

StreamMemory Method::memory(const Network& network) const {
  const std::set<std::string> all = names(network);
  return stream_memory(
      network, std::min(rows->rows, most_rows(network)),
      [&](const Stage& stage) {
        return std::ranges::any_of(stage,
                                   [&](const std::string& name) { return all.contains(name); });
      },
      layerwise().stream());
}

Subject Method::layer_by_layer(Subject subject, double sparsity, PrunedMaps& maps, ThreadPool& pool,
                               Log& log) const {
  const std::set<std::string> all = names(subject.network);
  const auto takes_part = [&](const std::string& name) { return all.contains(name); };
  const StreamMemory needed = memory(subject.network);
  if (max_memory != 0 && needed.hidden + needed.solving > max_memory) {
    throw Error{Kind::usage,
                fmt::format("the hidden states of the calibration rows and a map's moments take "
                            "{}, more than --max-memory",
                            human_bytes(needed.hidden + needed.solving)),
                "allow more, or take fewer with --calibration-rows"};
  }
  const CalibrationRows calibration = calibration_rows(*rows, most_rows(subject.network));
  Removal removal{sparsity, 0, 0};
  if (pattern.kind == Pattern::Kind::n_of_m) {
    removal = {0, static_cast<std::size_t>(pattern.n), static_cast<std::size_t>(pattern.m)};
  }
  std::map<std::string, double> shares;
  if (options.scope == Scope::outliers) {
    shares = outlier_shares(subject.network, subject.weights, takes_part, sparsity, {}, calibration,
                            pool);
  }
  if (options.scope == Scope::sensitivity) {
    // A part of the rows tells which block costs more than another.
    constexpr std::size_t kMostRows = 1024;
    const Dataset some =
        pick(*rows, spread_rows(rows->rows, std::min(kMostRows, most_rows(subject.network))));
    shares = sensitive_shares(
        subject.network, subject.weights, takes_part, sparsity, layerwise(), {}, calibration,
        [&](const std::vector<Weight>& weights) {
          Engine engine(subject.network, weights, pool);
          return evaluate(*schema, some, engine).loss;
        },
        pool,
        [&](std::size_t done, std::size_t count) {
          log.progress({"block", done, count, ""});
          if (const int signal = signals::caught()) throw Interrupted{signal};
        });
    for (const auto& [name, share] : shares) {
      log.verbose(fmt::format("{}: {:.1f} % are to go", name, 100 * share));
    }
  }
  const std::vector<PrunedLayer> layers =
      prune_layers(subject.network, subject.weights,
                   [&](const std::string& name) -> std::optional<Removal> {
                     if (!takes_part(name)) return {};
                     const auto own = shares.find(name);
                     return own == shares.end() ? removal : Removal{own->second, 0, 0};
                   },
                   layerwise(), calibration, pool,
                   {.progress =
                        [&](std::size_t done, std::size_t count) {
                          log.progress({"map", done, count, ""});
                        },
                    .known = [&](const std::string& name) { return maps.find(name); },
                    .pruned =
                        [&](const Stage& stage) {
                          const int signal = signals::caught();
                          maps.add(stage, subject.weights, signal != 0);
                          if (signal != 0) throw Interrupted{signal};
                        }});
  for (const PrunedLayer& layer : layers) {
    if (options.criterion == Criterion::sparsegpt) subject.errors[layer.name] = layer.error;
    log.verbose(options.criterion == Criterion::wanda
                    ? fmt::format("{}: {:.1f} % gone", layer.name, 100 * layer.share)
                    : fmt::format("{}: {:.1f} % gone, {:.3f} % of its outputs lost, damping {:.3g}",
                                  layer.name, 100 * layer.share, 100 * layer.error, layer.damping));
    if (layer.damping > options.damping) {
      log.warn(fmt::format("{} needed damping {:.3g} instead of {:.3g}", layer.name, layer.damping,
                           options.damping));
    }
  }
  subject.sparsity = share_removed(nonzeros(subject));
  return subject;
}

Subject Method::group_by_group(Subject subject, double sparsity, ThreadPool& pool, Log& log) const {
  const CalibrationRows calibration = calibration_rows(*rows, most_rows(subject.network));
  const auto groups = find_groups(subject.network, pattern.structure, options.keep);
  // How many go off each group is settled by gates, which of them by the criterion.
  const Dataset few = pick(*rows, spread_rows(rows->rows, calibration.rows));
  const Importance gates =
      gate_importance(subject.network, subject.weights, schema, few, groups, threads);
  std::vector<Kept> kept = choose_structures(groups, gates, sparsity, options.settled_scope());
  const std::vector<PrunedGroup> done =
      prune_structures(subject.network, subject.weights, groups, layerwise(), calibration, pool,
                       kept, [&](std::size_t count, std::size_t all) {
                         log.progress({"map", count, all, ""});
                         if (const int signal = signals::caught()) throw Interrupted{signal};
                       });
  Subject smaller = cut(std::move(subject), groups, kept);
  for (const PrunedGroup& group : done) {
    smaller.errors[group.map] = group.error;
    log.verbose(fmt::format("{}: {:.1f} % of its {} gone, {:.3f} % of what reads them lost",
                            group.name, 100 * group.share, name_of(pattern.structure),
                            100 * group.error));
  }
  return smaller;
}

}  // namespace mx::prune
