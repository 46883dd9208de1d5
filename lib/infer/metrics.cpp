// SPDX-License-Identifier: Apache-2.0
#include "infer/metrics.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "infer/language.h"
#include "infer/logits.h"

namespace mx {
namespace {

std::span<const float> row_of(std::span<const float> all, std::size_t row, std::size_t width) {
  return all.subspan(row * width, width);
}

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

void score_classes(const Dataset& data, std::span<const float> logits, std::size_t classes,
                   Evaluation& out) {
  std::uint64_t right = 0;
  for (std::size_t r = 0; r < data.rows; ++r) {
    const std::span<const float> row = row_of(logits, r, classes);
    const auto label = static_cast<std::size_t>(data.classes[r]);
    out.row_loss.push_back(log_sum_exp(row) - row[label]);
    out.predicted.push_back(likeliest(row));
    if (out.predicted.back() == data.classes[r]) ++right;
  }
  for (const double loss : out.row_loss) out.probability += std::exp(-loss);
  out.probability /= static_cast<double>(data.rows);
  out.accuracy = static_cast<double>(right) / static_cast<double>(data.rows);
  out.accuracy_interval = wilson(right, data.rows);
}

// One target's share of mae and r2.
void score_target(const Dataset& data, std::span<const float> outputs, std::size_t target,
                  const Column& column, Evaluation& out) {
  const auto n = static_cast<double>(data.rows);
  const auto share = 1.0 / static_cast<double>(data.outputs);
  double mean = 0;
  for (std::size_t r = 0; r < data.rows; ++r) mean += data.targets[r * data.outputs + target] / n;
  double absolute = 0;
  double squared = 0;
  double around_mean = 0;
  for (std::size_t r = 0; r < data.rows; ++r) {
    const double truth = data.targets[r * data.outputs + target];
    const double error = outputs[r * data.outputs + target] - truth;
    absolute += std::fabs(error);
    squared += error * error;
    around_mean += (truth - mean) * (truth - mean);
    out.row_loss[r] += error * error * share;
  }
  out.mae += absolute / n * column.scale * share;
  if (around_mean > 0) out.r2 += (1 - squared / around_mean) * share;
}

Json interval_json(const Interval& interval) { return Json::array({interval.low, interval.high}); }

}  // namespace

Evaluation evaluate(const Schema& schema, const Dataset& data, std::span<const float> logits) {
  if (data.rows == 0) fail(Kind::input, "there are no rows to evaluate on");
  if (logits.size() != data.rows * schema.outputs()) {
    fail(Kind::failed, "{} outputs for {} rows of {}", logits.size(), data.rows, schema.outputs());
  }
  Evaluation out;
  out.task = schema.task;
  out.n = data.rows;
  if (schema.task == Task::classify) {
    score_classes(data, logits, schema.outputs(), out);
  } else {
    out.row_loss.resize(data.rows);
    for (std::size_t t = 0; t < data.outputs; ++t) {
      score_target(data, logits, t, schema.targets[t], out);
    }
  }
  out.loss = mean_of(out.row_loss);
  out.loss_interval = mean_interval(out.row_loss);
  return out;
}

std::vector<float> outputs_of(const Dataset& data, Engine& engine) {
  engine.check({.rows = data.rows, .tokens = 1});
  std::vector<float> out(data.rows * engine.output_size());
  engine.run(data.x, out, data.rows);
  return out;
}

Evaluation evaluate(const Schema& schema, const Dataset& data, Engine& engine) {
  if (data.tokens) return evaluate_language(schema.task, data, engine);
  return evaluate(schema, data, outputs_of(data, engine));
}

Json to_json(const Evaluation& evaluation) {
  const bool lm = scores_tokens(evaluation.task);
  const bool classify = evaluation.task == Task::classify;
  Json out = {{"task", name_of(evaluation.task)},
              {"n", evaluation.n},
              {"loss", evaluation.loss},
              {"loss_interval", interval_json(evaluation.loss_interval)}};
  if (lm) {
    out["perplexity"] = std::exp(evaluation.loss);
    if (evaluation.bits_per_byte > 0) out["bits_per_byte"] = evaluation.bits_per_byte;
  }
  if (classify || lm) {
    out["accuracy"] = evaluation.accuracy;
    out["accuracy_interval"] = interval_json(evaluation.accuracy_interval);
    out["probability"] = evaluation.probability;
  } else {
    out["mae"] = evaluation.mae;
    out["r2"] = evaluation.r2;
  }
  return out;
}

Comparison compare(const Schema& schema, const Dataset& data, std::span<const float> logits_a,
                   std::span<const float> logits_b) {
  Comparison out;
  out.task = schema.task;
  out.n = data.rows;
  out.a = evaluate(schema, data, logits_a);
  out.b = evaluate(schema, data, logits_b);
  if (schema.task == Task::regress) {
    out.p_value = paired_t(out.a.row_loss, out.b.row_loss);
    return out;
  }
  const std::size_t classes = schema.outputs();
  std::uint64_t only_a = 0;
  std::uint64_t only_b = 0;
  for (std::size_t r = 0; r < data.rows; ++r) {
    const bool right_a = out.a.predicted[r] == data.classes[r];
    const bool right_b = out.b.predicted[r] == data.classes[r];
    if (right_a && !right_b) ++only_a;
    if (right_b && !right_a) ++only_b;
    if (out.a.predicted[r] != out.b.predicted[r]) ++out.flips;
    const std::span<const float> row_a = row_of(logits_a, r, classes);
    const std::span<const float> row_b = row_of(logits_b, r, classes);
    out.kl += kl_divergence(row_a, log_sum_exp(row_a), row_b, log_sum_exp(row_b));
  }
  const auto n = static_cast<double>(data.rows);
  out.kl = std::max(0.0, out.kl / n);  // rounding may leave a hair below
  out.agreement = 1 - static_cast<double>(out.flips) / n;
  out.p_value = mcnemar(only_a, only_b);
  return out;
}

Comparison compare(const Schema& schema, const Dataset& data, Engine& a, Engine& b) {
  if (data.tokens) return compare_language(data, a, b);
  return compare(schema, data, outputs_of(data, a), outputs_of(data, b));
}

Interval Comparison::loss_difference_interval() const {
  std::vector<double> differences;
  for (std::size_t i = 0; i < std::min(a.row_loss.size(), b.row_loss.size()); ++i) {
    differences.push_back(b.row_loss[i] - a.row_loss[i]);
  }
  const Interval around = mean_interval(differences);
  const double half = (around.high - around.low) / 2;  // rows of text weigh by their tokens
  return {loss_difference() - half, loss_difference() + half};
}

Json to_json(const Comparison& comparison) {
  Json out = {{"n", comparison.n}};
  if (comparison.task != Task::regress) {
    out["kl"] = comparison.kl;
    out["agreement"] = comparison.agreement;
    out["flips"] = comparison.flips;
  }
  out["loss_a"] = comparison.a.loss;
  out["loss_b"] = comparison.b.loss;
  out["loss_difference"] = comparison.loss_difference();
  out["loss_difference_interval"] = interval_json(comparison.loss_difference_interval());
  out["p_value"] = comparison.p_value;
  return out;
}

}  // namespace mx
