// SPDX-License-Identifier: Apache-2.0
// Numbers that say how good a model is, each with its n and its interval; and a paired comparison.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/json.h"
#include "data/dataset.h"
#include "engine/engine.h"

namespace mx {

struct Interval {
  double low = 0, high = 0;
};
// 95 % score interval of a share (Wilson 1927).
[[nodiscard]] Interval wilson(std::uint64_t successes, std::uint64_t n);
// 95 % interval of a mean from its standard error (Student's t by its normal limit for n >= 30).
[[nodiscard]] Interval mean_interval(std::span<const double> values);
// Two-sided exact McNemar test: b and c are the rows that only one of the two gets right.
[[nodiscard]] double mcnemar(std::uint64_t b, std::uint64_t c);

struct Evaluation {
  Task task = Task::classify;
  std::uint64_t n = 0;
  double loss = 0;  // classify: mean cross-entropy, nats; regress: mean squared error, scaled
  Interval loss_interval;
  double accuracy = 0;  // classify
  Interval accuracy_interval;
  double mae = 0, r2 = 0;               // regress, in the targets' own units; r2 over all targets
  std::vector<double> row_loss;         // [n]
  std::vector<std::int64_t> predicted;  // classify: [n]
};

// logits: [rows, outputs], of `data`'s rows.
[[nodiscard]] Evaluation evaluate(const Schema& schema, const Dataset& data,
                                  std::span<const float> logits);
[[nodiscard]] Evaluation evaluate(const Schema& schema, const Dataset& data, Engine& engine);
[[nodiscard]] Json to_json(const Evaluation& evaluation);

struct Comparison {
  std::uint64_t n = 0, flips = 0;
  double kl = 0, agreement = 0, loss_a = 0, loss_b = 0, p_value = 1;
};
// kl: mean over rows of sum p_a log(p_a / p_b); regress: kl is absent (0), p by a paired t-test.
[[nodiscard]] Comparison compare(const Schema& schema, const Dataset& data,
                                 std::span<const float> logits_a, std::span<const float> logits_b);
[[nodiscard]] Json to_json(const Comparison& comparison);

}  // namespace mx
