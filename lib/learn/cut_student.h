// SPDX-License-Identifier: Apache-2.0
// A student cut out of its teacher: residual blocks, heads, neurons, channels and width are kept by
// importance, and of the networks that have few enough parameters the one that does best on rows of
// the training data before it has learned anything.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/threads.h"
#include "data/dataset.h"
#include "net/network.h"
#include "tensor/tensor.h"

namespace mx {

struct CutStudent {
  Network network;
  std::vector<Weight> weights;
  double loss = 0;       // on the rows that were looked at
  std::string how = {};  // "4 of 8 blocks, 64 of 128 wide"
};
// share: of the teacher's parameters, at most. The student has no dropout. Blocks go in the order
// in which the others miss them least (infer/likelihood.h), all other structures by gates
// (gate_importance). Throws Kind::usage when no network of this kind is so small. The same for any
// history, given the threads.
[[nodiscard]] CutStudent cut_student(const Network& teacher, std::vector<Weight> weights,
                                     const Schema& schema, const Dataset& rows, double share,
                                     ThreadPool& pool, std::size_t threads, Log& log);

}  // namespace mx
