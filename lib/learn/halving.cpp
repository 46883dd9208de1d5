// SPDX-License-Identifier: Apache-2.0
#include "learn/halving.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"

namespace mx {

std::vector<Rung> rungs(std::uint64_t trials, std::uint64_t steps, std::uint64_t factor) {
  if (trials == 0 || steps == 0 || factor < 2) {
    fail(Kind::usage, "a search has at least one trial and one step, and divides by at least 2");
  }
  std::vector<Rung> out = {{trials, steps}};
  while (out.back().trials >= factor) out.push_back({out.back().trials / factor, steps});
  // From the last to the first, each has a share of the steps of the one behind it.
  for (std::size_t i = out.size() - 1; i > 0; --i) out[i - 1].steps = out[i].steps / factor;
  std::erase_if(out, [](const Rung& rung) { return rung.steps == 0; });
  out.front().trials = trials;
  return out;
}

std::vector<Ranked> halve(const std::vector<Rung>& ladder,
                          const std::function<double(std::uint64_t, const Rung&)>& advance,
                          const std::function<void(std::uint64_t)>& leaves,
                          const std::function<bool()>& stopped) {
  std::vector<Ranked> left;
  for (std::uint64_t i = 0; i < ladder.front().trials; ++i) left.push_back({i, 0});
  const auto keep = [&](std::size_t most) {
    for (; left.size() > most; left.pop_back()) leaves(left.back().trial);
  };
  for (const Rung& rung : ladder) {
    keep(rung.trials);
    for (Ranked& one : left) {
      one.loss = advance(one.trial, rung);
      if (stopped()) return left;
    }
    const auto failed = std::ranges::stable_partition(
        left, [](const Ranked& one) { return !std::isnan(one.loss); });
    keep(left.size() - failed.size());
    std::ranges::sort(left, {}, [](const Ranked& one) { return std::pair(one.loss, one.trial); });
  }
  return left;
}

}  // namespace mx
