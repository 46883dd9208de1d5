// SPDX-License-Identifier: Apache-2.0
#include "infer/sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/error.h"

namespace mx {

Fields SamplingOptions::fields() {
  constexpr std::string_view kGroup = "Generation";
  return {
      {kGroup, "temperature", "How freely tokens are drawn; 0: always the likeliest.", &temperature,
       Range{0, 1000}},
      {kGroup, "top-k", "Draw from the K likeliest tokens; 0: from all.", &top_k,
       Range{0, 1 << 24}},
      {kGroup, "top-p", "Draw from the likeliest tokens that have this probability together.",
       &top_p, Range{0, 1}},
      {kGroup, "min-p", "Draw from tokens at least so likely, as a share of the likeliest.", &min_p,
       Range{0, 1}},
  };
}

TokenId sample(std::span<const float> logits, const SamplingOptions& options, Random& random) {
  const auto best = static_cast<std::size_t>(std::ranges::max_element(logits) - logits.begin());
  if (!std::isfinite(logits[best])) fail(Kind::input, "the model's outputs are not finite");
  if (options.temperature == 0) return static_cast<TokenId>(best);

  std::vector<TokenId> order(logits.size());
  std::iota(order.begin(), order.end(), TokenId{0});
  std::size_t left = order.size();
  if (options.top_k > 0) left = std::min(left, static_cast<std::size_t>(options.top_k));
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(left),
                            [&](TokenId a, TokenId b) {
                              return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
                            });
  // Relative to the likeliest.
  std::vector<double> share(left);
  for (std::size_t i = 0; i < left; ++i) {
    share[i] = std::exp(static_cast<double>(logits[order[i]]) - logits[best]);
  }
  const double all = std::accumulate(share.begin(), share.end(), 0.0);
  double sum = 0;
  for (std::size_t i = 0; i < left; ++i) {
    if (i > 0 && (sum >= options.top_p * all || share[i] < options.min_p)) {
      left = i;
      break;
    }
    sum += share[i];
  }
  double total = 0;
  for (std::size_t i = 0; i < left; ++i) {
    share[i] =
        std::exp((static_cast<double>(logits[order[i]]) - logits[best]) / options.temperature);
    total += share[i];
  }
  double at = random.uniform() * total;
  for (std::size_t i = 0; i < left; ++i) {
    at -= share[i];
    if (at < 0) return order[i];
  }
  return order[0];
}

}  // namespace mx
