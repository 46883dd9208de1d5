// SPDX-License-Identifier: Apache-2.0
#include "model/initialize.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <string>

#include "base/random.h"
#include "file/adapter.h"
#include "model/low_rank.h"

namespace mx {
namespace {

constexpr std::uint64_t kStream = std::uint64_t{0x10} << 56U;
constexpr std::uint64_t kAdapterStream = std::uint64_t{0x19} << 56U;
constexpr double kTokenDeviation = 0.02;

// The weight of the last map in a list of blocks, or "".
std::string last_map(const std::vector<Block>& blocks) {
  std::string name;
  for (const Block& block : blocks) {
    if (const auto* linear = std::get_if<Linear>(&block.any)) name = linear->name + ".weight";
    if (const auto* map = std::get_if<FeedForward>(&block.any)) name = map->name + ".down";
    if (const auto* map = std::get_if<Attention>(&block.any)) name = map->name + ".output";
  }
  return name;
}

bool is_norm(const Block& block) {
  return std::holds_alternative<LayerNorm>(block.any) || std::holds_alternative<RmsNorm>(block.any);
}

// The maps that write into the residual stream, and the number of residual blocks.
std::set<std::string> writing_maps(const Network& network, std::int64_t& count) {
  std::set<std::string> names;
  walk(network, [&](const Block& block, const Shape&, const Shape&) {
    const auto* residual = std::get_if<Residual>(&block.any);
    if (residual == nullptr) return;
    ++count;
    if (!residual->blocks.empty() && is_norm(residual->blocks.front())) {
      names.insert(last_map(residual->blocks));
    }
  });
  return names;
}

void fill_uniform(std::span<float> values, double bound, Random random) {
  for (float& value : values) value = static_cast<float>(bound * (2 * random.uniform() - 1));
}

void fill_normal(std::span<float> values, double deviation, Random random) {
  for (float& value : values) value = static_cast<float>(deviation * random.normal());
}

}  // namespace

std::vector<Weight> initialize(const Network& network, std::uint64_t seed) {
  std::vector<Weight> out;
  std::int64_t residuals = 0;
  const std::set<std::string> writing = writing_maps(network, residuals);
  for (const TensorSpec& spec : tensors(network)) {
    Weight weight{.name = spec.name, .values = Tensor(DType::f32, spec.shape)};
    const std::span<float> values = weight.values.as<float>();
    const Random random(seed, kStream + out.size());
    if (takes_tokens(network) && spec.shape.size() == 2) {
      const double share =
          writing.contains(spec.name) ? std::sqrt(static_cast<double>(residuals)) : 1;
      fill_normal(values, kTokenDeviation / share, random);
    } else if (spec.fan_in > 0 && !takes_tokens(network)) {
      fill_uniform(values, 1 / std::sqrt(static_cast<double>(spec.fan_in)), random);
    } else {
      std::fill(values.begin(), values.end(),
                spec.role == "weight" || spec.role == "var" || spec.role.ends_with("_norm") ? 1.0F
                                                                                            : 0.0F);
    }
    out.push_back(std::move(weight));
  }
  return out;
}

std::vector<TensorSpec> tensors(const LowRank& low_rank) {
  std::vector<TensorSpec> out;
  for (const TensorSpec& map : low_rank.maps) {
    out.push_back({.name = map.name + std::string(kLoraA),
                   .shape = {low_rank.rank, map.shape[1]},
                   .role = "lora_a",
                   .fan_in = map.shape[1]});
    out.push_back({.name = map.name + std::string(kLoraB),
                   .shape = {map.shape[0], low_rank.rank},
                   .role = "lora_b",
                   .fan_in = low_rank.rank});
  }
  return out;
}

std::uint64_t parameters_of(const LowRank& low_rank) {
  std::uint64_t sum = 0;
  for (const TensorSpec& spec : tensors(low_rank)) sum += element_count(spec.shape);
  return sum;
}

std::vector<Weight> initialize(const LowRank& low_rank, std::uint64_t seed) {
  std::vector<Weight> out;
  for (const TensorSpec& spec : tensors(low_rank)) {
    Weight weight{.name = spec.name, .values = Tensor(DType::f32, spec.shape)};
    const std::span<float> values = weight.values.as<float>();
    if (spec.role == "lora_a") {
      fill_uniform(values, 1 / std::sqrt(static_cast<double>(spec.fan_in)),
                   Random(seed, kAdapterStream + out.size()));
    } else {
      std::ranges::fill(values, 0.0F);
    }
    out.push_back(std::move(weight));
  }
  return out;
}

}  // namespace mx
