// SPDX-License-Identifier: Apache-2.0
#include "infer/predict.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"
#include "infer/probe.h"
#include "net/families.h"

namespace mx {
namespace {

// y = W x with W = [[1, 0], [0, 1], [1, 1]].
Model small_model() {
  Model model;
  model.header.network = build({.hidden = {}}, {2}, 3);
  model.weights.push_back({"head.weight", tensor_of({3, 2}, std::vector<float>{1, 0, 0, 1, 1, 1})});
  model.weights.push_back({"head.bias", tensor_of({3}, std::vector<float>{0, 0, 0})});
  Schema schema;
  schema.features = {{.name = "a", .categories = {}}, {.name = "b", .categories = {}}};
  schema.label = "kind";
  schema.classes = {"x", "y", "both"};
  schema.input = {2};
  model.header.schema = to_json(schema);
  return model;
}

TEST_CASE("a prediction is a class with its probability, the best ones on request") {
  ThreadPool pool(1);
  const Predictor predictor(small_model(), pool);
  const std::vector<float> logits = {0, 1, 2};
  CHECK(dump_json(predictor.describe(logits, 0)) ==
        R"({"prediction":"both","probability":0.665241})");
  CHECK(dump_json(predictor.describe(logits, 2)) ==
        R"({"prediction":"both","probability":0.665241,"top":[["both",0.665241],["y",0.244728]]})");
  CHECK(predictor.describe(logits, 99)["top"].size() == 3);
}

TEST_CASE("equal logits go to the first class") {
  ThreadPool pool(1);
  const Predictor predictor(small_model(), pool);
  CHECK(predictor.describe(std::vector<float>{1, 1, 1}, 0)["prediction"] == "x");
}

TEST_CASE("an answer that is not finite is refused") {
  ThreadPool pool(1);
  const Predictor predictor(small_model(), pool);
  CHECK_THROWS_AS((void)predictor.describe(std::vector<float>{1, NAN, 1}, 0), Error);
  CHECK_THROWS_AS((void)predictor.describe(std::vector<float>{1, INFINITY, 1}, 0), Error);
}

TEST_CASE("a regression answers in the target's own unit") {
  Model model = small_model();
  Schema schema = schema_from_json(model.header.schema);
  schema.task = Task::regress;
  schema.classes.clear();
  schema.label.clear();
  for (const char* name : {"u", "v", "w"}) {
    schema.targets.push_back({.name = name, .mean = 100, .scale = 10, .categories = {}});
  }
  model.header.schema = to_json(schema);
  ThreadPool pool(1);
  const Predictor predictor(model, pool);
  CHECK(dump_json(predictor.describe(std::vector<float>{0, 0.5F, -1}, 0)) ==
        R"({"prediction":[100.0,105.0,90.0]})");
}

TEST_CASE("probabilities of large logits do not overflow") {
  const std::vector<double> p = softmax(std::vector<float>{1000, 1000, -1000});
  CHECK(p[0] == doctest::Approx(0.5));
  CHECK(p[2] == 0);
}

TEST_CASE("a file without network, without schema or with another's is refused") {
  ThreadPool pool(1);
  Model model = small_model();
  model.header.schema = nullptr;
  CHECK_THROWS_AS(Predictor(model, pool), Error);
  model = small_model();
  model.header.network.blocks.clear();
  CHECK_THROWS_AS(Predictor(model, pool), Error);
  model = small_model();
  Schema schema = schema_from_json(model.header.schema);
  schema.classes.pop_back();
  model.header.schema = to_json(schema);
  CHECK_THROWS_AS(Predictor(model, pool), Error);
}

TEST_CASE("probes agree bit for bit with the model that made them, and not with another") {
  ThreadPool pool(2);
  Model model = small_model();
  CHECK(run_probes(model, pool).agrees);  // none: nothing disagrees
  set_probes(model, pool);
  CHECK(model.probes.size() == 2);
  CHECK(run_probes(model, pool).difference == 0);
  CHECK(run_probes(model, pool).agrees);
  model.weights[0].values.as<float>()[0] += 1e-6F;
  CHECK(run_probes(model, pool).difference > 0);
  CHECK(run_probes(model, pool).agrees);
  model.weights[0].values.as<float>()[0] += 0.1F;
  CHECK_FALSE(run_probes(model, pool).agrees);
  model.weights[0].values.as<float>()[0] = NAN;
  CHECK_FALSE(run_probes(model, pool).agrees);
}

TEST_CASE("probes of another size than the network are refused") {
  ThreadPool pool(1);
  Model model = small_model();
  set_probes(model, pool);
  model.probes[0].input.pop_back();
  CHECK_THROWS_AS((void)run_probes(model, pool), Error);
}

}  // namespace
}  // namespace mx
