// SPDX-License-Identifier: Apache-2.0
// The criterion likelihood: structures whose removal costs the least mean probability of the
// labels, 1/n sum p(y_i | S), chosen greedily. Of language models the labels are the next tokens.
#pragma once

#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/threads.h"
#include "data/dataset.h"
#include "net/network.h"
#include "shrink/structure.h"

namespace mx {

struct LikelihoodJob {
  const Network& network;
  std::span<const Weight> weights;
  const Schema& schema;
  const Dataset& rows;  // classified, or of a language model
  const std::vector<StructureGroup>& groups;
  double sparsity = 0;
  Scope scope = Scope::global;
  // Asked where there are more structures than are tried: the least important ones are.
  std::function<Importance()> estimate;
};

struct LikelihoodChoice {
  std::vector<Kept> kept;
  std::vector<std::pair<std::size_t, std::size_t>> order;  // group and structure, as they went
};
// Every structure's cost is measured without it; costs that were measured when others were still
// there are measured again before the cheapest goes.
[[nodiscard]] LikelihoodChoice likelihood_choice(const LikelihoodJob& job, ThreadPool& pool,
                                                 Log& log);

// What stays where structures go in the order of a global choice: round(sparsity * structures) of
// them, or all that are in it.
[[nodiscard]] std::vector<Kept> first_gone(
    const std::vector<StructureGroup>& groups,
    const std::vector<std::pair<std::size_t, std::size_t>>& order, double sparsity);

}  // namespace mx
