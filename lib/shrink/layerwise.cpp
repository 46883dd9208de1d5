// SPDX-License-Identifier: Apache-2.0
#include "shrink/layerwise.h"

#include <algorithm>
#include <cmath>
#include <numeric>
namespace mx {
namespace {

double zeros_of(const Tensor& weight) {
  const auto values = weight.as<float>();
  return static_cast<double>(std::ranges::count(values, 0.0F)) /
         static_cast<double>(std::max<std::size_t>(1, values.size()));
}

}  // namespace

std::vector<PrunedLayer> prune_layers(
    const Network& network, std::vector<Weight>& weights,
    const std::function<std::optional<Removal>(const std::string&)>& removal_of,
    const LayerwiseOptions& options, const CalibrationRows& rows, ThreadPool& pool,
    const LayerHooks& hooks) {
  std::vector<PrunedLayer> out;
  std::size_t all = 0;
  for (const Stage& stage : stages(network)) {
    all += static_cast<std::size_t>(std::ranges::count_if(
        stage, [&](const std::string& name) { return removal_of(name).has_value(); }));
  }
  const auto prune = [&](const std::string& name, const Removal& removal, const Moments& moments,
                         const Hessian* hessian) {
    Tensor& values = std::ranges::find(weights, name, &Weight::name)->values;
    PrunedLayer layer{name, 0, 0, 0};
    if (const Tensor* known = hooks.known ? hooks.known(name) : nullptr) {
      values = *known;
    } else if (hessian == nullptr) {
      values = wanda(values, moments, removal, pool);
    } else {
      const Tensor target = hessian->targets(values, pool);
      values = sparsegpt(target, *hessian, moments, removal, pool);
      if (options.refine > 0) {
        values = refine(values, target, *hessian, removal, options.refine, pool);
      }
      layer.error = share_lost(values, target, *hessian, pool);
      layer.damping = hessian->damping();
    }
    layer.share = zeros_of(values);
    out.push_back(std::move(layer));
    if (hooks.progress) hooks.progress(out.size(), all);
  };
  visit_stages(
      network, weights, weights, rows, options.stream(),
      [&](const Stage& stage) {
        return std::ranges::any_of(
            stage, [&](const std::string& name) { return removal_of(name).has_value(); });
      },
      pool,
      [&](const Stage& stage, const Observe& observe) {
        const bool known = hooks.known && std::ranges::all_of(stage, [&](const std::string& name) {
                             return !removal_of(name) || hooks.known(name) != nullptr;
                           });
        const Moments moments = known ? Moments{} : observe();
        std::optional<Hessian> hessian;
        if (options.obs && !known)
          hessian.emplace(moments, options.damping, pool, ColumnOrder::natural);
        for (const std::string& name : stage) {
          const std::optional<Removal> removal = removal_of(name);
          if (removal) prune(name, *removal, moments, hessian ? &*hessian : nullptr);
        }
        if (hooks.pruned) hooks.pruned(stage);
      });
  return out;
}

std::map<std::string, double> outlier_shares(
    const Network& network, const std::vector<Weight>& weights,
    const std::function<bool(const std::string&)>& takes_part, double share,
    const OutlierOptions& options, const CalibrationRows& rows, ThreadPool& pool) {
  struct Part {
    std::vector<std::string> names;
    double over = 0, numbers = 0;
  };
  std::map<std::string, Part> parts;  // by block: what stands before the name's first dot
  const auto look = [&](const Stage& stage, const Observe& observe) {
    const Moments moments = observe();
    for (const std::string& name : stage) {
      if (!takes_part(name)) continue;
      const Tensor& values = std::ranges::find(weights, name, &Weight::name)->values;
      const std::vector<double> scores = wanda_scores(values, moments);
      const double limit = options.multiple * std::accumulate(scores.begin(), scores.end(), 0.0) /
                           static_cast<double>(std::max<std::size_t>(1, scores.size()));
      Part& part = parts[name.substr(0, name.find('.'))];
      part.names.push_back(name);
      part.over += static_cast<double>(
          std::ranges::count_if(scores, [&](double score) { return score > limit; }));
      part.numbers += static_cast<double>(scores.size());
    }
  };
  visit_stages(
      network, weights, weights, rows, {.reference = false, .squares_only = true},
      [&](const Stage& stage) { return std::ranges::any_of(stage, takes_part); }, pool, look);
  double least = 1, most = 0;
  for (const auto& [name, part] : parts) {
    least = std::min(least, part.over / part.numbers);
    most = std::max(most, part.over / part.numbers);
  }
  double all = 0, mean = 0;
  const auto bonus = [&](const Part& part) {
    if (most <= least) return 0.0;
    return (part.over / part.numbers - least) / (most - least) * 2 * options.spread;
  };
  for (const auto& [name, part] : parts) {
    all += part.numbers;
    mean += bonus(part) * part.numbers;
  }
  std::map<std::string, double> out;
  for (const auto& [block, part] : parts) {
    for (const std::string& name : part.names) {
      out[name] = std::clamp(share - bonus(part) + mean / all, 0.0, 1.0);
    }
  }
  return out;
}

}  // namespace mx
