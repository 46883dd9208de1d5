// SPDX-License-Identifier: Apache-2.0
#include "learn/plan.h"

#include <doctest/doctest.h>

#include <set>

#include "base/error.h"

namespace mx {
namespace {

TEST_CASE("epochs and steps follow from rows and batches") {
  TrainOptions options;
  options.batch_size = 32;
  options.epochs = 3;
  const Plan plan = make_plan(options, 100);
  CHECK(plan.epoch_steps == 4);
  CHECK(plan.steps == 12);
  CHECK(plan.eval_every == 4);
  options.accumulate = 2;
  CHECK(make_plan(options, 100).epoch_steps == 2);
  options.optimizer = Optimizer::gd;
  CHECK(make_plan(options, 100).steps == 3);
  CHECK(make_plan(options, 20000).step_rows == 20000);
  options.steps = 7;
  CHECK_THROWS_AS((void)make_plan(options, 100), Error);
  options.epochs.reset();
  CHECK(make_plan(options, 100).steps == 7);
  CHECK_THROWS_AS((void)make_plan(options, 0), Error);
}

TEST_CASE("the learning rate warms up to its peak, then follows the schedule down") {
  TrainOptions options;
  options.lr = 2;
  options.warmup = 4;
  CHECK(learning_rate(options, 0, 104) == doctest::Approx(0.4));
  CHECK(learning_rate(options, 3, 104) == doctest::Approx(1.6));
  CHECK(learning_rate(options, 4, 104) == 2);
  CHECK(learning_rate(options, 103, 104) == 2);
  options.schedule = Schedule::linear;
  CHECK(learning_rate(options, 54, 104) == doctest::Approx(1));
  CHECK(learning_rate(options, 103, 104) == doctest::Approx(0.02));
  options.schedule = Schedule::cosine;
  CHECK(learning_rate(options, 29, 104) == doctest::Approx(2 * 0.5 * (1 + std::sqrt(0.5))));
  CHECK(learning_rate(options, 54, 104) == doctest::Approx(1));
}

TEST_CASE("each epoch takes every row once, in an order of its own") {
  const Plan plan = make_plan({}, 50);
  std::set<std::vector<std::uint32_t>> orders;
  for (std::uint64_t epoch = 0; epoch < 5; ++epoch) {
    const std::vector<std::uint32_t> order = row_order(plan, true, 9, epoch);
    CHECK(std::set<std::uint32_t>(order.begin(), order.end()).size() == 50);
    CHECK(order == row_order(plan, true, 9, epoch));
    orders.insert(order);
  }
  CHECK(orders.size() == 5);
  CHECK(row_order(plan, false, 9, 3)[49] == 49);
}

}  // namespace
}  // namespace mx
