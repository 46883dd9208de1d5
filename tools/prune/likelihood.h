// SPDX-License-Identifier: Apache-2.0
// The criterion likelihood: structures whose removal costs the least mean probability of the
// labels, 1/n sum p(y_i | S), chosen greedily.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/threads.h"
#include "data/dataset.h"
#include "net/network.h"
#include "shrink/prune.h"

namespace mx::prune {

struct LikelihoodJob {
  const Network& network;
  std::span<const Weight> weights;
  const Dataset& rows;  // of a classifier
  Structure structure;
  double sparsity = 0;
  Scope scope = Scope::global;
  std::string keep;
  // Importance of every prunable number, asked where there are more structures than are tried: the
  // least important ones are.
  std::function<std::vector<Scores>()> estimate;
};

// Scores that choose_structures() takes: 0 for the numbers of structures that go, 1 for others.
// Every structure's cost is measured without it; costs that were measured when others were still
// there are measured again before the cheapest goes.
[[nodiscard]] std::vector<Scores> likelihood_scores(const LikelihoodJob& job, ThreadPool& pool,
                                                    Log& log);

}  // namespace mx::prune
