// SPDX-License-Identifier: Apache-2.0
#include "shrink/levels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace mx {
namespace {

// Weighted squared error of a group under `levels`.
double error_of(std::span<const float> values, std::span<const float> importance,
                const Levels& levels) {
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double off = values[i] - levels.value(levels.nearest(values[i]));
    sum += off * off * (importance.empty() ? 1 : importance[i]);
  }
  return sum;
}

// The ranges of codes that come into question, and the scale that just holds the values in each.
// The first is what absmax takes.
std::vector<Levels> ranges(std::span<const float> values, const Grid& grid) {
  const auto [least, most] = std::ranges::minmax(values);
  const float low = std::min(least, 0.0F), high = std::max(most, 0.0F);
  const int half = 1 << (grid.bits - 1);
  const auto fitting = [&](int from, int to, bool turned) {
    const float below = turned ? -high : low, above = turned ? -low : high;
    const float scale = std::max(from == 0 ? 0 : below / static_cast<float>(from),
                                 to == 0 ? 0 : above / static_cast<float>(to));
    return Levels{turned ? -scale : scale, from, to};
  };
  if (grid.bits == 8) return {fitting(1 - half, half - 1, false)};
  std::vector<Levels> out;
  if (!grid.asymmetric) {
    out.push_back(fitting(-half, half - 1, false));
    out.push_back(fitting(-half, half - 1, true));
    if (std::abs(out[1].scale) < out[0].scale) std::swap(out[0], out[1]);
  } else {
    const float step = (high - low) / static_cast<float>(2 * half - 1);
    const int zero = step == 0 ? 0 : static_cast<int>(std::nearbyint(-low / step));
    for (const int beside : {0, -1, 1, -2, 2}) {
      const int at = zero + beside;
      if (at < 0 || at >= 2 * half) continue;
      out.push_back(fitting(-at, 2 * half - 1 - at, false));
    }
  }
  return out;
}

}  // namespace

int Levels::nearest(float x) const {
  if (table.empty()) {
    // Held first: an int cannot hold every quotient.
    const float held = std::clamp(x / scale, static_cast<float>(low), static_cast<float>(high));
    return static_cast<int>(std::nearbyint(held));
  }
  const auto above = static_cast<std::size_t>(std::ranges::lower_bound(table, x) - table.begin());
  if (above == 0) return 0;
  if (above == table.size()) return static_cast<int>(above) - 1;
  return static_cast<int>(x - table[above - 1] <= table[above] - x ? above - 1 : above);
}

float round_scale(float x, int bits) {
  constexpr float kLeast = 0x1p-120F, kMost = 0x1p120F;
  const float held = std::copysign(std::clamp(std::abs(x), kLeast, kMost), x);
  const auto all = std::bit_cast<std::uint32_t>(held);
  const auto cut = static_cast<unsigned>(23 - bits);
  const std::uint32_t half = (1U << (cut - 1)) - 1 + (all >> cut & 1U);
  return std::bit_cast<float>((all + half) >> cut << cut);
}

Levels choose_levels(std::span<const float> values, std::span<const float> importance,
                     const Grid& grid, ScaleRule rule) {
  const std::vector<Levels> all = ranges(values, grid);
  Levels best = all.front();
  if (best.scale == 0) best.scale = 1;  // zeros alone
  best.scale = round_scale(best.scale, grid.scale_bits);
  if (rule == ScaleRule::absmax || all.back().scale == 0) return best;
  double least = error_of(values, importance, best);
  constexpr int kSteps = 48;
  for (const Levels& range : all) {
    for (int step = kSteps; step >= kSteps / 3; --step) {
      Levels levels = range;
      levels.scale = round_scale(range.scale * static_cast<float>(step) / kSteps, grid.scale_bits);
      const double error = error_of(values, importance, levels);
      if (error >= least) continue;
      least = error;
      best = levels;
    }
  }
  return best;
}

std::vector<float> codebook(std::span<const float> values, std::span<const float> importance,
                            std::size_t size) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::erase_if(order, [&](std::size_t i) { return values[i] == 0; });
  std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
  const std::size_t cells = std::min(size - 1, order.size());
  std::vector<float> centres;
  for (std::size_t c = 0; c < cells; ++c) {
    centres.push_back(values[order[(2 * c + 1) * order.size() / (2 * cells)]]);
  }
  constexpr int kRounds = 60;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> sum(cells), weight(cells);
    std::size_t c = 0;
    for (const std::size_t i : order) {
      while (c + 1 < cells && values[i] - centres[c] > centres[c + 1] - values[i]) ++c;
      const double counts = importance.empty() ? 1 : importance[i];
      sum[c] += counts * values[i];
      weight[c] += counts;
    }
    bool moved = false;
    for (c = 0; c < cells; ++c) {
      if (weight[c] == 0) continue;
      const auto centre = static_cast<float>(sum[c] / weight[c]);
      moved = moved || centre != centres[c];
      centres[c] = centre;
    }
    if (!moved) break;
  }
  for (float& centre : centres) centre = round_scale(centre, kScaleBits);
  centres.push_back(0);
  std::ranges::sort(centres);
  centres.erase(std::unique(centres.begin(), centres.end()), centres.end());
  return centres;
}

}  // namespace mx
