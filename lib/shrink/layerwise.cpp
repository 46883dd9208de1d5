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

Tensor target_of(const Tensor& weight, const Hessian& hessian, ThreadPool& pool) {
  const std::size_t columns = hessian.size();
  Tensor out(DType::f32, weight.shape);
  pool.run(static_cast<std::size_t>(weight.shape.at(0)), [&](std::size_t r) {
    const std::vector<float> row = hessian.target(weight.as<float>().subspan(r * columns, columns));
    std::ranges::copy(row, out.as<float>().begin() + static_cast<std::ptrdiff_t>(r * columns));
  });
  return out;
}

std::vector<PrunedLayer> prune_layers(
    const Network& network, std::vector<Weight>& weights,
    const std::function<std::optional<Removal>(const std::string&)>& removal_of,
    const LayerwiseOptions& options, const CalibrationRows& rows, ThreadPool& pool,
    const std::function<void(std::size_t, std::size_t)>& progress) {
  const std::vector<Weight> reference = weights;
  std::vector<PrunedLayer> out;
  std::size_t all = 0;
  for (const Stage& stage : stages(network)) {
    all += static_cast<std::size_t>(std::ranges::count_if(
        stage, [&](const std::string& name) { return removal_of(name).has_value(); }));
  }
  for (const Stage& stage : stages(network)) {
    if (std::ranges::none_of(
            stage, [&](const std::string& name) { return removal_of(name).has_value(); })) {
      continue;
    }
    const Moments moments = observe(network, weights, reference, stage.front(), rows, pool);
    const Hessian hessian(moments, options.damping, ColumnOrder::natural);
    for (const std::string& name : stage) {
      const std::optional<Removal> removal = removal_of(name);
      if (!removal) continue;
      Tensor& values = std::ranges::find(weights, name, &Weight::name)->values;
      const Tensor target = target_of(values, hessian, pool);
      if (!options.obs) {
        values = wanda(values, moments, *removal);
      } else {
        const Tensor& from = options.refine > 0 ? target : values;
        values = sparsegpt(from, hessian, moments, *removal, pool);
        if (options.refine > 0) {
          values = refine(values, target, hessian, *removal, options.refine, pool);
        }
      }
      out.push_back(
          {name, zeros_of(values), share_lost(values, target, hessian, pool), hessian.damping()});
      progress(out.size(), all);
    }
  }
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
  for (const Stage& stage : stages(network)) {
    if (std::ranges::none_of(stage, takes_part)) continue;
    const Moments moments = observe(network, weights, weights, stage.front(), rows, pool);
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
  }
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
