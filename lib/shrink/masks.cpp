// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "shrink/keep.h"
#include "shrink/prune.h"
#include "shrink/smallest.h"

namespace mx {
namespace {

std::size_t share(double sparsity, std::size_t count) {
  if (!(sparsity >= 0 && sparsity <= 1)) fail(Kind::usage, "a sparsity is from 0 to 1");
  return static_cast<std::size_t>(std::llround(sparsity * static_cast<double>(count)));
}

// Removes the `count` least of all the scores together, the first of equals first.
void remove_least(std::span<const Scores> scores, std::size_t count, std::span<KeepMask> masks) {
  if (count == 0) return;
  std::vector<std::span<const float>> parts;
  for (const Scores& one : scores) parts.emplace_back(one.values);
  const Least least = find_least(parts, count, nullptr);
  std::size_t equals = least.equals;
  for (std::size_t s = 0; s < scores.size(); ++s) {
    for (std::size_t i = 0; i < scores[s].values.size(); ++i) {
      const float score = scores[s].values[i];
      const bool tied = score == least.limit && equals > 0;
      if (tied) --equals;
      if (tied || score < least.limit) masks[s].keep[i] = 0;
    }
  }
}

std::vector<KeepMask> keep_all(const std::vector<Scores>& scores) {
  std::vector<KeepMask> masks;
  for (const Scores& one : scores) {
    masks.push_back({one.name, std::vector<std::uint8_t>(one.values.size(), 1)});
  }
  return masks;
}

}  // namespace

std::vector<KeepMask> choose_free(const std::vector<Scores>& scores, double sparsity, Scope scope) {
  std::vector<KeepMask> masks = keep_all(scores);
  if (scope == Scope::global) {
    std::size_t count = 0;
    for (const Scores& one : scores) count += one.values.size();
    remove_least(scores, share(sparsity, count), masks);
    return masks;
  }
  for (std::size_t s = 0; s < scores.size(); ++s) {
    remove_least({&scores[s], 1}, share(sparsity, scores[s].values.size()), {&masks[s], 1});
  }
  return masks;
}

std::uint64_t prune_magnitudes(const Network& network, std::vector<Weight>& weights,
                               double sparsity, Scope scope, const std::string& keep,
                               ThreadPool& pool) {
  const KeepNames kept(keep);
  std::vector<std::span<float>> parts;
  for (const TensorSpec& spec : tensors(network)) {
    if (!spec.prunable || kept.matches(spec.name)) continue;
    const auto found = std::ranges::find(weights, spec.name, &Weight::name);
    if (found == weights.end()) fail(Kind::failed, "there is no weight {}", spec.name);
    parts.push_back(found->values.as<float>());
  }
  std::uint64_t gone = 0;
  const auto prune = [&](std::span<const std::span<float>> some) {
    std::size_t numbers = 0;
    for (const auto& one : some) numbers += one.size();
    const std::size_t count = share(sparsity, numbers);
    if (numbers == 0) return;
    const std::vector<std::span<const float>> read(some.begin(), some.end());
    bool finite = true;
    const Least least = find_least(read, std::max<std::size_t>(1, count), &pool, &finite);
    if (!finite) (void)magnitude_scores(network, weights, keep);  // says which weight
    if (count > 0) zero_least(some, least, &pool);
    gone += count;
  };
  if (scope == Scope::global) {
    prune(parts);
  } else {
    for (const std::span<float>& one : parts) prune({&one, 1});
  }
  return gone;
}

std::vector<KeepMask> choose_n_of_m(const std::vector<Scores>& scores, std::int64_t n,
                                    std::int64_t m) {
  if (n < 0 || m < 1 || n > m) fail(Kind::usage, "a pattern {}:{} cannot be kept", n, m);
  std::vector<KeepMask> masks = keep_all(scores);
  std::vector<std::size_t> order;
  for (std::size_t s = 0; s < scores.size(); ++s) {
    const std::vector<float>& values = scores[s].values;
    const auto rows = static_cast<std::size_t>(scores[s].shape.empty() ? 1 : scores[s].shape[0]);
    const std::size_t row = rows == 0 ? 0 : values.size() / rows;
    const auto group = static_cast<std::size_t>(m);
    for (std::size_t begin = 0; begin < values.size();) {
      const std::size_t size = std::min(group, row - begin % row);
      const std::size_t stay = (size * static_cast<std::size_t>(n) + group - 1) / group;
      order.resize(size);
      std::iota(order.begin(), order.end(), begin);
      std::stable_sort(order.begin(), order.end(),
                       [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
      for (std::size_t i = 0; i + stay < size; ++i) masks[s].keep[order[i]] = 0;
      begin += size;
    }
  }
  return masks;
}

void apply_masks(std::vector<Weight>& weights, const std::vector<KeepMask>& masks) {
  for (const KeepMask& mask : masks) {
    const auto found = std::find_if(weights.begin(), weights.end(),
                                    [&](const Weight& weight) { return weight.name == mask.name; });
    if (found == weights.end() || found->values.count() != mask.keep.size()) {
      fail(Kind::failed, "the mask of {} fits no weight", mask.name);
    }
    const std::size_t size = size_of(found->values.dtype);
    for (std::size_t i = 0; i < mask.keep.size(); ++i) {
      if (mask.keep[i] == 0) std::memset(found->values.data.data() + i * size, 0, size);
    }
  }
}

double gradual_sparsity(double target, std::uint64_t step, std::uint64_t total) {
  if (step >= total) return target;
  const double left = 1.0 - static_cast<double>(step) / static_cast<double>(total);
  return target * (1.0 - left * left * left);
}

}  // namespace mx
