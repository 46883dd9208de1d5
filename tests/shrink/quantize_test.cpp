// SPDX-License-Identifier: Apache-2.0
#include "shrink/quantize.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "engine/engine.h"
#include "net/families.h"

namespace mx {
namespace {

struct Subject {
  Network network;
  std::vector<Weight> weights;
};

Subject made_up(Network network, double zeros) {
  Random random(3);
  Subject out{std::move(network), {}};
  for (const TensorSpec& spec : tensors(out.network)) {
    Weight weight;
    weight.name = spec.name;
    weight.values = Tensor(DType::f32, spec.shape);
    const bool ones = spec.role == "weight" && spec.shape.size() == 1;
    for (float& x : weight.values.as<float>()) {
      const bool none = spec.prunable && random.uniform() < zeros;
      x = none ? 0.0F : ones ? 1.0F : static_cast<float>(random.normal() * 0.3);
    }
    out.weights.push_back(std::move(weight));
  }
  return out;
}

Subject small_mlp(double zeros = 0) {
  ModelOptions options;
  options.hidden = {48, 32};
  return made_up(build(options, {40}, 5), zeros);
}

// Inputs that hang together.
CalibrationRows rows_of(std::size_t rows, std::size_t inputs) {
  Random random(9);
  CalibrationRows out{rows, inputs, {}};
  for (std::size_t r = 0; r < rows; ++r) {
    const double common = random.normal();
    for (std::size_t i = 0; i < inputs; ++i) {
      out.x.push_back(static_cast<float>(common + 0.5 * random.normal()));
    }
  }
  return out;
}

double distance(const Subject& a, const std::vector<Weight>& b, const CalibrationRows& rows) {
  ThreadPool pool(1);
  Engine first(a.network, a.weights, pool), second(a.network, b, pool);
  std::vector<float> x(rows.rows * first.output_size()), y(x.size());
  first.run(rows.x, x, rows.rows);
  second.run(rows.x, y, rows.rows);
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += std::pow(static_cast<double>(x[i]) - y[i], 2);
  return sum;
}

std::vector<TensorResult> run(const Subject& subject, std::vector<Weight>& weights,
                              const QuantizeOptions& options, const CalibrationRows* rows,
                              std::size_t threads = 2) {
  ThreadPool pool(threads);
  weights = subject.weights;
  return quantize(subject.network, weights, codes_for(subject.network, options), options, rows,
                  pool, [](std::size_t, std::size_t) {});
}

TEST_CASE("calibrated codes change the outputs less than rounded ones, at every width") {
  const Subject subject = small_mlp();
  const CalibrationRows rows = rows_of(600, 40);
  for (const Code code : {Code::int8, Code::int4, Code::int3, Code::int2, Code::codebook}) {
    QuantizeOptions options;
    options.code = code;
    options.group = 16;
    options.codebook = 8;
    options.rows = 600;
    std::vector<Weight> rounded, solved;
    (void)run(subject, rounded, options, nullptr);
    const std::vector<TensorResult> results = run(subject, solved, options, &rows);
    CAPTURE(name_of(code));
    CHECK(results.size() == 3);
    CHECK(results.front().solved);
    CHECK(distance(subject, solved, rows) <
          distance(subject, rounded, rows) * (code == Code::int8 ? 1.1 : 0.5));
  }
}

TEST_CASE("convolutions are solved on their windows, whatever stride and padding") {
  const Network network = network_from_json(parse_json(R"([
    {"input": {"shape": [2, 8, 8]}},
    {"conv2d": {"name": "a", "in": 2, "out": 6, "kernel": 3, "padding": 1}},
    {"activation": {"kind": "relu"}},
    {"conv2d": {"name": "b", "in": 6, "out": 8, "kernel": 3, "stride": 2}},
    {"flatten": {}},
    {"linear": {"name": "c", "in": 72, "out": 5}}])",
                                                       "network"),
                                            "network");
  const Subject subject = made_up(network, 0.3);
  const CalibrationRows rows = rows_of(300, 128);
  for (const Code code : {Code::int4, Code::int3, Code::codebook}) {
    QuantizeOptions options;
    options.code = code;
    options.group = 18;
    options.codebook = 8;
    std::vector<Weight> rounded, solved, twice;
    (void)run(subject, rounded, options, nullptr);
    const std::vector<TensorResult> results = run(subject, solved, options, &rows);
    CAPTURE(name_of(code));
    CHECK(std::ranges::all_of(results, &TensorResult::solved));
    CHECK(distance(subject, solved, rows) < distance(subject, rounded, rows) * 0.5);
    (void)run(subject, twice, options, &rows, 1);
    for (std::size_t i = 0; i < solved.size(); ++i) {
      CHECK(std::ranges::equal(twice[i].values.data.bytes(), solved[i].values.data.bytes()));
    }
  }
}

TEST_CASE("zeros of a pruned weight stay zeros, whatever the code") {
  const Subject subject = small_mlp(0.7);
  const CalibrationRows rows = rows_of(300, 40);
  for (const Code code : {Code::int8, Code::int4, Code::int3, Code::int2, Code::codebook}) {
    for (const bool asymmetric : {false, true}) {
      for (const CalibrationRows* some : {static_cast<const CalibrationRows*>(nullptr), &rows}) {
        QuantizeOptions options;
        options.code = code;
        options.asymmetric = asymmetric;
        std::vector<Weight> weights;
        (void)run(subject, weights, options, some);
        for (std::size_t w = 0; w < weights.size(); ++w) {
          const Tensor before = to_f32(subject.weights[w]), after = to_f32(weights[w]);
          for (std::size_t i = 0; i < before.count(); ++i) {
            if (before.as<float>()[i] == 0) REQUIRE(after.as<float>()[i] == 0);
          }
        }
      }
    }
  }
}

TEST_CASE("the number of threads changes no bit, on tokens too") {
  ModelOptions options;
  options.family = Family::gpt;
  options.layers = 2;
  options.heads = 2;
  options.dim = 16;
  options.context = 12;
  const Subject subject = made_up(build_language_model(options, 20), 0);
  CalibrationRows rows{40, 12, {}};
  Random random(2);
  for (std::size_t i = 0; i < 40 * 12; ++i) rows.x.push_back(static_cast<float>(random.below(20)));
  QuantizeOptions quantize;
  quantize.code = Code::int3;
  quantize.group = 8;
  std::vector<Weight> one, three;
  const auto results = run(subject, one, quantize, &rows, 1);
  (void)run(subject, three, quantize, &rows, 3);
  for (std::size_t w = 0; w < one.size(); ++w) {
    CHECK(std::ranges::equal(one[w].values.data.bytes(), three[w].values.data.bytes()));
    CHECK(std::ranges::equal(one[w].scales.data.bytes(), three[w].scales.data.bytes()));
  }
  // Each layer's four maps of attention and two behind are solved, both embeddings are int8.
  CHECK(std::ranges::count(results, true, &TensorResult::solved) >= 12);
  CHECK(std::ranges::count(results, Code::int8, &TensorResult::code) == 2);
}

TEST_CASE("overrides choose by name, the last one first, and must match something") {
  const Subject subject = small_mlp();
  QuantizeOptions options;
  options.code = Code::int4;
  options.overrides = {"weight=int3", "^0=none"};
  const std::vector<TensorCode> codes = codes_for(subject.network, options);
  CHECK(codes.size() == 2);
  for (const TensorCode& one : codes) CHECK(one.code == Code::int3);
  for (const char* wrong : {"nothing=int4", "weight=int5", "weight", "(=int4"}) {
    options.overrides = {wrong};
    CHECK_THROWS_AS((void)codes_for(subject.network, options), Error);
  }
}

TEST_CASE("what is quantized already stays as it is") {
  const Subject subject = small_mlp();
  QuantizeOptions options;
  options.code = Code::int8;
  std::vector<Weight> weights;
  (void)run(subject, weights, options, nullptr);
  const Subject again{subject.network, weights};
  std::vector<Weight> twice;
  options.code = Code::int4;
  CHECK(run(again, twice, options, nullptr).empty());
}

}  // namespace
}  // namespace mx
