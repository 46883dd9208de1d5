// SPDX-License-Identifier: Apache-2.0
#include "infer/metrics.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"

namespace mx {
namespace {

doctest::Approx about(double value) { return doctest::Approx(value).epsilon(1e-6); }

Schema classes_schema() {
  Schema schema;
  schema.classes = {"no", "yes"};
  schema.input = {1};
  return schema;
}

Schema targets_schema() {
  Schema schema;
  schema.task = Task::regress;
  schema.targets = {{.name = "kg", .mean = 70, .scale = 10, .categories = {}},
                    {.name = "cm", .mean = 170, .scale = 20, .categories = {}}};
  schema.input = {1};
  return schema;
}

Dataset labels(std::vector<std::int64_t> classes) {
  Dataset data;
  data.rows = classes.size();
  data.classes = std::move(classes);
  return data;
}

TEST_CASE("loss is the mean cross-entropy in nats, accuracy the share of right classes") {
  const std::vector<float> logits = {0, 0, 3, 1, 0, 1000};
  const Evaluation out = evaluate(classes_schema(), labels({1, 0, 0}), logits);
  CHECK(out.n == 3);
  CHECK(out.row_loss[0] == about(std::log(2.0)));
  CHECK(out.row_loss[1] == about(std::log1p(std::exp(-2.0))));
  CHECK(out.row_loss[2] == about(1000));
  CHECK(out.loss == about((out.row_loss[0] + out.row_loss[1] + 1000) / 3));
  CHECK(out.predicted == std::vector<std::int64_t>{0, 0, 1});  // the first of equals
  CHECK(out.accuracy == about(1.0 / 3));
  CHECK(out.accuracy_interval.low == wilson(1, 3).low);
}

TEST_CASE("regression is scored scaled, and reported in the targets' units") {
  Dataset data;
  data.rows = 2;
  data.outputs = 2;
  data.targets = {0, 1, 1, -1};
  const std::vector<float> outputs = {0.5F, 1, 1, 0};
  const Evaluation out = evaluate(targets_schema(), data, outputs);
  CHECK(out.loss == about((0.25 / 2 + 1.0 / 2) / 2));
  CHECK(out.row_loss[0] == about(0.125));
  CHECK(out.mae == about((0.25 * 10 + 0.5 * 20) / 2));
  CHECK(out.r2 == about(((1 - 0.25 / 0.5) + (1 - 1.0 / 2)) / 2));
}

TEST_CASE("no rows are an error, not a division by zero") {
  CHECK_THROWS_AS((void)evaluate(classes_schema(), Dataset{}, std::vector<float>{}), Error);
}

TEST_CASE("a model agrees with itself") {
  const std::vector<float> logits = {0, 1, 3, 1};
  const Comparison out = compare(classes_schema(), labels({1, 0}), logits, logits);
  CHECK(out.kl == 0);
  CHECK(out.agreement == 1);
  CHECK(out.flips == 0);
  CHECK(out.p_value == 1);
}

TEST_CASE("a comparison counts flips and measures the divergence from the first model") {
  const std::vector<float> a = {0, 1, 2, 0, 0, 0};
  const std::vector<float> b = {1, 0, 2, 0, 0, 1};
  const Comparison out = compare(classes_schema(), labels({1, 0, 1}), a, b);
  CHECK(out.flips == 2);
  CHECK(out.agreement == about(1.0 / 3));
  CHECK(out.p_value == mcnemar(1, 1));
  const double p = 1 / (1 + std::exp(-1.0));  // of the larger of two logits one apart
  const double first = p * std::log(p / (1 - p)) + (1 - p) * std::log((1 - p) / p);
  const double third = 0.5 * std::log(0.5 / p) + 0.5 * std::log(0.5 / (1 - p));
  CHECK(out.kl == about((first + third) / 3));
  CHECK(out.a.loss < out.b.loss);
  CHECK(out.b.loss == evaluate(classes_schema(), labels({1, 0, 1}), b).loss);
}

TEST_CASE("regressions are compared by a paired t-test, without classes' numbers") {
  Dataset data;
  data.rows = 3;
  data.outputs = 2;
  data.targets = {0, 0, 0, 0, 0, 0};
  const std::vector<float> a = {0, 0, 1, 1, 0, 1};
  const std::vector<float> b = {1, 1, 2, 2, 1, 3};
  const Comparison out = compare(targets_schema(), data, a, b);
  const std::vector<double> loss_a = {0, 1, 0.5};
  const std::vector<double> loss_b = {1, 4, 5};
  CHECK(out.p_value == about(paired_t(loss_a, loss_b)));
  CHECK_FALSE(to_json(out).contains("kl"));
  CHECK(to_json(out)["loss_b"] == about(10.0 / 3));
}

TEST_CASE("JSON holds the keys that apply") {
  const Evaluation out = evaluate(classes_schema(), labels({1}), std::vector<float>{0, 1});
  CHECK(dump_json(to_json(out)).starts_with(R"({"task":"classify","n":1,"loss":0.313)"));
  CHECK_FALSE(to_json(out).contains("mae"));
}

}  // namespace
}  // namespace mx
