// SPDX-License-Identifier: Apache-2.0
#include "shrink/fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace mx {
namespace {

constexpr std::int64_t kParts = 4096;

Kept most_important(const std::vector<double>& importance, std::int64_t parts) {
  const auto all = static_cast<double>(importance.size());
  const auto stay = static_cast<std::size_t>(std::max<std::int64_t>(
      1, std::llround(all * static_cast<double>(parts) / static_cast<double>(kParts))));
  std::vector<std::size_t> order(importance.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, [&](std::size_t a, std::size_t b) { return importance[a] > importance[b]; });
  Kept kept(importance.size(), 0);
  for (std::size_t i = 0; i < stay; ++i) kept[order[i]] = 1;
  return kept;
}

}  // namespace

std::vector<StructureGroup> inner_groups(const Network& network, bool width) {
  std::vector<StructureGroup> out;
  for (const Structure structure :
       {Structure::neurons, Structure::channels, Structure::heads, Structure::width}) {
    if (structure == Structure::width && !width) continue;
    for (StructureGroup& group : groups_of(network, structure)) out.push_back(std::move(group));
  }
  return out;
}

Fit fit_structures(const Network& network, const ImportanceByName& importance, std::uint64_t most,
                   bool width) {
  Fit fit{inner_groups(network, width)};
  const auto choose = [&](std::int64_t parts) {
    fit.kept.clear();
    for (const StructureGroup& group : fit.groups) {
      fit.kept.push_back(most_important(importance.at(group.name), parts));
    }
    fit.parameters = cost(cut_network(network, fit.groups, fit.kept)).parameters;
    return fit.parameters <= most;
  };
  std::int64_t low = 0, high = kParts + 1;  // choose(low) fits, choose(high) does not
  while (high - low > 1) {
    const std::int64_t middle = (low + high) / 2;
    (choose(middle) ? low : high) = middle;
  }
  choose(low);
  return fit;
}

}  // namespace mx
