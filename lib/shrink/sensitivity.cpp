// SPDX-License-Identifier: Apache-2.0
#include "shrink/sensitivity.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "shrink/allocate.h"

namespace mx {
namespace {

// The attention or feed-forward block, or the layer, that a map is of.
std::string block_of(const std::string& map) { return map.substr(0, map.rfind('.')); }

// A block's maps at all shares, until its loss is measured.
struct Tried {
  std::string block;
  std::map<double, std::vector<Weight>> maps;
};

}  // namespace

std::vector<double> cheapest_shares(const std::vector<BlockLosses>& blocks, double share) {
  std::vector<std::vector<Offer>> offers;
  double all = 0;
  for (const BlockLosses& block : blocks) {
    std::vector<Offer> own;
    const auto numbers = static_cast<double>(block.numbers);
    all += numbers;
    for (const auto& [gone, loss] : block.loss) {
      own.push_back({static_cast<std::uint64_t>(std::llround((1 - gone) * numbers)), loss});
    }
    offers.push_back(std::move(own));
  }
  const Offers path = cheapest_path(std::move(offers));
  std::vector<double> kept;
  double left = 0;  // numbers that are still to go
  for (const auto& hull : path.hulls) kept.push_back(static_cast<double>(hull.front().bytes));
  for (const double one : kept) left += one;
  left -= (1 - share) * all;
  for (const OfferStep& step : path.steps) {
    if (left <= 0) break;
    double& one = kept[step.tensor];
    const double gone =
        std::min(left, one - static_cast<double>(path.hulls[step.tensor][step.offer].bytes));
    one -= gone;
    left -= gone;
  }
  std::vector<double> out;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    out.push_back(1 - kept[b] / std::max(1.0, static_cast<double>(blocks[b].numbers)));
  }
  if (left <= 0.5) return out;
  // What was tried does not reach so far: the same of what is left goes off all.
  double rest = 0;
  for (const double one : kept) rest += one;
  for (double& one : out) one = 1 - (1 - one) * (1 - left / rest);
  return out;
}

std::map<std::string, double> sensitive_shares(
    const Network& network, const std::vector<Weight>& weights,
    const std::function<bool(const std::string&)>& takes_part, double share,
    const LayerwiseOptions& pruning, const SensitivityOptions& options, const CalibrationRows& rows,
    const std::function<double(const std::vector<Weight>&)>& loss, ThreadPool& pool,
    const std::function<void(std::size_t, std::size_t)>& progress) {
  std::set<double> shares;
  for (const double off : options.around) {
    if (share + off > 0) shares.insert(std::min(options.most, share + off));
  }
  std::vector<std::string> names;
  std::set<std::string> blocks;
  for (const Stage& stage : stages(network)) {
    for (const std::string& name : stage) {
      if (takes_part(name)) blocks.insert(block_of(name));
    }
  }
  std::vector<BlockLosses> found;
  std::map<std::string, std::size_t> number;  // of a block in `found`
  std::map<std::string, double> out;
  const double dense = loss(weights);
  Tried tried;
  std::vector<Weight> changed = weights;
  const auto measure = [&] {
    if (tried.block.empty()) return;
    number[tried.block] = found.size();
    BlockLosses losses;
    losses.loss[0] = 0;
    for (auto& [gone, maps] : tried.maps) {
      losses.numbers = 0;
      for (Weight& map : maps) {
        losses.numbers += map.values.count();
        std::swap(std::ranges::find(changed, map.name, &Weight::name)->values, map.values);
      }
      losses.loss[gone] = loss(changed) - dense;
      for (Weight& map : maps) {
        std::swap(std::ranges::find(changed, map.name, &Weight::name)->values, map.values);
      }
    }
    found.push_back(std::move(losses));
    progress(found.size(), blocks.size());
    tried = {};
  };
  visit_stages(
      network, weights, weights, rows,
      {.reference = false, .squares_only = !pruning.obs, .inside = pruning.inside},
      [&](const Stage& stage) { return std::ranges::any_of(stage, takes_part); }, pool,
      [&](const Stage& stage, const Observe& observe) {
        const std::string block = block_of(stage.front());
        if (block != tried.block) measure();
        tried.block = block;
        const Moments moments = observe();
        std::optional<Hessian> hessian;
        if (pruning.obs) hessian.emplace(moments, pruning.damping, pool, ColumnOrder::natural);
        for (const std::string& name : stage) {
          if (!takes_part(name)) continue;
          names.push_back(name);
          const Tensor& values = std::ranges::find(weights, name, &Weight::name)->values;
          for (const double gone : shares) {
            const Removal removal{gone, 0, 0};
            tried.maps[gone].push_back(
                {.name = name,
                 .values = hessian ? sparsegpt(values, *hessian, moments, removal, pool)
                                   : wanda(values, moments, removal, pool)});
          }
        }
      });
  measure();
  const std::vector<double> best = cheapest_shares(found, share);
  for (const std::string& name : names) out[name] = best[number.at(block_of(name))];
  return out;
}

}  // namespace mx
