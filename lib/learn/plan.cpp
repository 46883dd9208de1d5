// SPDX-License-Identifier: Apache-2.0
#include "learn/plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "base/checked.h"
#include "base/error.h"

namespace mx {
namespace {

constexpr std::int64_t kDefaultEpochs = 20;
// gd adds the gradients of batches of this many rows, so that memory does not grow with the data.
constexpr std::uint64_t kFullBatch = 8192;

std::uint64_t unsigned_of(std::int64_t value) { return static_cast<std::uint64_t>(value); }

}  // namespace

Plan make_plan(const TrainOptions& options, std::uint64_t rows) {
  if (rows == 0) fail(Kind::usage, "there are no rows to train on");
  if (rows > std::numeric_limits<std::uint32_t>::max()) {
    fail(Kind::usage, "{} training rows are more than this can take", rows);
  }
  if (options.epochs && options.steps) {
    throw Error{Kind::usage, "--epochs and --steps are both given", "give one of them"};
  }
  Plan plan;
  plan.rows = rows;
  if (options.optimizer == Optimizer::gd) {
    plan.batch = std::min(rows, kFullBatch);
    plan.step_rows = rows;
  } else {
    plan.step_rows = checked_mul(unsigned_of(options.batch_size), unsigned_of(options.accumulate),
                                 "--batch-size times --accumulate");
    plan.step_rows = std::min(rows, plan.step_rows);
    plan.batch = std::min(plan.step_rows, unsigned_of(options.batch_size));
  }
  plan.epoch_steps = (rows + plan.step_rows - 1) / plan.step_rows;
  plan.steps = options.steps ? unsigned_of(*options.steps)
                             : checked_mul(unsigned_of(options.epochs.value_or(kDefaultEpochs)),
                                           plan.epoch_steps, "--epochs");
  plan.eval_every = options.eval_every ? unsigned_of(*options.eval_every) : plan.epoch_steps;
  return plan;
}

double learning_rate(const TrainOptions& options, std::uint64_t step, std::uint64_t steps) {
  const auto warmup = unsigned_of(options.warmup);
  const auto at = static_cast<double>(step);
  if (step < warmup) return options.lr * (at + 1) / static_cast<double>(warmup + 1);
  if (steps <= warmup) return options.lr;
  const double done = (at - static_cast<double>(warmup)) / static_cast<double>(steps - warmup);
  switch (options.schedule) {
    case Schedule::linear:
      return options.lr * (1 - done);
    case Schedule::cosine:
      return options.lr * 0.5 * (1 + std::cos(std::numbers::pi * done));
    case Schedule::constant:
      break;
  }
  return options.lr;
}

Random random_at(std::uint64_t seed, Purpose purpose, std::uint64_t number) {
  return Random(seed, (static_cast<std::uint64_t>(purpose) << 56U) + number);
}

std::vector<std::uint32_t> row_order(const Plan& plan, bool shuffle, std::uint64_t seed,
                                     std::uint64_t epoch) {
  std::vector<std::uint32_t> order(plan.rows);
  std::iota(order.begin(), order.end(), 0U);
  if (shuffle) {
    Random random = random_at(seed, Purpose::order, epoch);
    random.shuffle(std::span(order));
  }
  return order;
}

}  // namespace mx
