// SPDX-License-Identifier: Apache-2.0
// How a run is laid out: steps, epochs, learning rates and the random stream of each purpose. All
// of it follows from the options, the number of rows and the seed; nothing is carried along.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "learn/options.h"

namespace mx {

struct Plan {
  std::uint64_t rows = 0;
  std::uint64_t batch = 0;        // rows in a forward pass
  std::uint64_t step_rows = 0;    // rows in an optimizer step (the last of an epoch may have fewer)
  std::uint64_t epoch_steps = 0;  // steps in an epoch
  std::uint64_t steps = 0;        // in all
  std::uint64_t eval_every = 0;
};

// Throws Kind::usage when there are no rows, or both --epochs and --steps.
[[nodiscard]] Plan make_plan(const TrainOptions& options, std::uint64_t rows);

// At step `step` from 0: warm-up to the peak over the first `warmup` steps, the peak being reached
// at step `warmup`; then constant, linear to 0 at the end, or half a cosine to 0 (Loshchilov and
// Hutter 2017, eq. 5, one period).
[[nodiscard]] double learning_rate(const TrainOptions& options, std::uint64_t step,
                                   std::uint64_t steps);

enum class Purpose : std::uint64_t {
  order = 0x11,
  dropout = 0x12,
  augment = 0x13,
  offset = 0x17,
  hiding = 0x18,
  projection = 0x19,
  own_text = 0x1a
};
// The random numbers of one purpose at one step (or epoch).
[[nodiscard]] Random random_at(std::uint64_t seed, Purpose purpose, std::uint64_t number);

// The order of rows in an epoch.
[[nodiscard]] std::vector<std::uint32_t> row_order(const Plan& plan, bool shuffle,
                                                   std::uint64_t seed, std::uint64_t epoch);

}  // namespace mx
