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
// 95 % interval of a mean from its standard error, by Student's t; of fewer than two values: the
// mean twice.
[[nodiscard]] Interval mean_interval(std::span<const double> values);
// Two-sided exact McNemar test: b and c are the rows that only one of the two gets right.
[[nodiscard]] double mcnemar(std::uint64_t b, std::uint64_t c);
// Two-sided paired t-test that a and b have the same mean; 1 when they do not differ at all.
[[nodiscard]] double paired_t(std::span<const double> a, std::span<const double> b);
// The share of Student's t distribution beyond |t| on both sides.
[[nodiscard]] double student_p(double t, double degrees);

struct Evaluation {
  Task task = Task::classify;
  std::uint64_t n = 0;
  double loss = 0;  // classify: mean cross-entropy, nats; regress: mean squared error, scaled
  Interval loss_interval;
  double accuracy = 0;     // classify
  double probability = 0;  // classify: mean probability of the right class
  Interval accuracy_interval;
  double bits_per_byte = 0;  // lm; 0: the bytes are not known
  double mae = 0, r2 = 0;    // regress: mae in the targets' own units; both are means over targets
  std::vector<double> row_loss;         // [n]
  std::vector<std::int64_t> predicted;  // classify: [n]
};

// logits: [rows, outputs], of `data`'s rows. Throws Kind::input when there are none.
[[nodiscard]] Evaluation evaluate(const Schema& schema, const Dataset& data,
                                  std::span<const float> logits);
[[nodiscard]] Evaluation evaluate(const Schema& schema, const Dataset& data, Engine& engine);
// The engine's outputs for all rows: [rows, outputs].
[[nodiscard]] std::vector<float> outputs_of(const Dataset& data, Engine& engine);
[[nodiscard]] Json to_json(const Evaluation& evaluation);

struct Comparison {
  Task task = Task::classify;
  std::uint64_t n = 0, flips = 0;
  double kl = 0, agreement = 0, p_value = 1;
  Evaluation a, b;  // each by itself
  // By how much b's loss is higher, its interval from the rows' differences.
  [[nodiscard]] double loss_difference() const { return b.loss - a.loss; }
  [[nodiscard]] Interval loss_difference_interval() const;
};
// kl: mean over rows of sum p_a log(p_a / p_b), nats; flips: rows whose predicted class differs;
// p_value: McNemar's. Regress: no kl and no flips; p_value of a paired t-test of the rows' losses.
[[nodiscard]] Comparison compare(const Schema& schema, const Dataset& data,
                                 std::span<const float> logits_a, std::span<const float> logits_b);
[[nodiscard]] Comparison compare(const Schema& schema, const Dataset& data, Engine& a, Engine& b);
[[nodiscard]] Json to_json(const Comparison& comparison);

}  // namespace mx
