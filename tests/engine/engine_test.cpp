// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <string>

#include "base/error.h"
#include "base/random.h"
#include "net/families.h"
#include "tensor/quantize.h"

namespace mx {
namespace {

std::vector<float> floats(const Json& list) {
  std::vector<float> out;
  for (const Json& one : list) out.push_back(one.get<float>());
  return out;
}

std::vector<Weight> random_weights(const Network& network, std::uint64_t seed) {
  Random random(seed);
  std::vector<Weight> out;
  for (const TensorSpec& spec : tensors(network)) {
    Weight weight{spec.name, Tensor(DType::f32, spec.shape)};
    const double size = std::sqrt(2.0 / static_cast<double>(spec.fan_in));
    for (float& x : weight.values.as<float>()) x = static_cast<float>(size * random.normal());
    out.push_back(std::move(weight));
  }
  return out;
}

std::vector<float> random_rows(std::size_t count) {
  Random random(3);
  std::vector<float> out(count);
  for (float& x : out) x = static_cast<float>(random.normal());
  return out;
}

std::vector<float> run(Engine& engine, std::span<const float> x) {
  const std::size_t rows = x.size() / engine.input_size();
  std::vector<float> y(rows * engine.output_size());
  engine.run(x, y, rows);
  return y;
}

double worst_distance(std::span<const float> a, std::span<const float> b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    worst = std::max(worst, std::fabs(static_cast<double>(a[i]) - b[i]) /
                                (1 + std::fabs(static_cast<double>(b[i]))));
  }
  return worst;
}

Network lenet() {
  return build({.family = Family::cnn, .hidden = {120, 84}, .channels = {6, 16}}, {1, 28, 28}, 10);
}

TEST_CASE("outputs are PyTorch's to 1e-5 for every block type") {
  std::ifstream file(std::string(MX_TEST_DATA) + "/../engine/golden.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ThreadPool pool(1);
  const Json cases = parse_json(text, "golden.json");
  CHECK(cases.size() == 13);
  for (const Json& golden : cases) {
    CAPTURE(golden["name"].get<std::string>());
    const Network network = network_from_json(golden["network"], "golden.json");
    std::vector<Weight> weights;
    for (const TensorSpec& spec : tensors(network)) {
      weights.push_back({spec.name, tensor_of(spec.shape, floats(golden["weights"][spec.name]))});
    }
    Engine engine(network, weights, pool);
    CHECK(worst_distance(run(engine, floats(golden["x"])), floats(golden["y"])) < 1e-5);
  }
}

TEST_CASE("a row's result does not depend on threads or on the rows beside it") {
  for (const Network& network : {build({.hidden = {300, 100}}, {64}, 10), lenet()}) {
    const std::vector<Weight> weights = random_weights(network, 1);
    ThreadPool one(1);
    ThreadPool three(3);
    Engine alone(network, weights, one);
    Engine shared(network, weights, three);
    const std::size_t rows = 101;
    const std::vector<float> x = random_rows(rows * alone.input_size());
    const std::vector<float> together = run(alone, x);
    CHECK(run(shared, x) == together);
    std::vector<float> single;
    for (std::size_t r = 0; r < rows; ++r) {
      const auto row = std::span(x).subspan(r * alone.input_size(), alone.input_size());
      for (const float y : run(alone, row)) single.push_back(y);
    }
    CHECK(single == together);
  }
}

TEST_CASE("int8 weights give what the same weights in fp32 give") {
  for (const Network& network : {build({.hidden = {300, 100}}, {64}, 10), lenet()}) {
    std::vector<Weight> packed = random_weights(network, 2);
    std::vector<Weight> plain;
    for (Weight& weight : packed) {
      if (weight.values.shape.size() > 1) weight = quantize_channel(weight);
      plain.push_back({weight.name, to_f32(weight)});
    }
    CHECK(packed[0].scheme == Scheme::channel);
    ThreadPool pool(2);
    Engine quantized(network, packed, pool);
    Engine wide(network, plain, pool);
    const std::vector<float> x = random_rows(50 * wide.input_size());
    CHECK(worst_distance(run(quantized, x), run(wide, x)) < 1e-5);
  }
}

TEST_CASE("weights of other types than f32 are widened") {
  const Network network = build({.hidden = {}}, {2}, 1);
  std::vector<Weight> weights;
  weights.push_back({"head.weight", Tensor(DType::bf16, {1, 2})});
  weights.back().values.as<std::uint16_t>()[0] = 0x3f80;  // 1
  weights.back().values.as<std::uint16_t>()[1] = 0x4000;  // 2
  weights.push_back({"head.bias", tensor_of({1}, std::vector<float>{0.5F})});
  ThreadPool pool(1);
  Engine engine(network, weights, pool);
  CHECK(run(engine, std::vector<float>{1, 10}) == std::vector<float>{21.5F});
}

TEST_CASE("weights that are not the network's are refused") {
  const Network network = build({.hidden = {4}}, {4}, 2);
  std::vector<Weight> weights = random_weights(network, 1);
  weights.pop_back();
  ThreadPool pool(1);
  CHECK_THROWS_AS(Engine(network, weights, pool), Error);
}

TEST_CASE("no rows give no outputs, and a batch of another size is refused") {
  const Network network = build({.hidden = {4}}, {4}, 2);
  ThreadPool pool(1);
  Engine engine(network, random_weights(network, 1), pool);
  CHECK(run(engine, {}).empty());
  std::vector<float> y(2);
  CHECK_THROWS_AS(engine.run(std::vector<float>(5), y, 1), Error);
}

}  // namespace
namespace {

class Seen final : public MapObserver {
 public:
  void see(const std::string& name, std::span<const float> x) override {
    CHECK(name == "a.weight");
    windows.insert(windows.end(), x.begin(), x.end());
  }
  std::vector<float> windows;
};

}  // namespace

TEST_CASE("an observer sees the windows of a convolution, to which it is a linear map") {
  for (const auto& [stride, padding] : {std::pair{1, 0}, {1, 2}, {2, 1}, {3, 0}}) {
    Conv2d conv{.name = "a", .in = 2, .out = 3, .kernel = 3, .stride = stride, .padding = padding};
    Network network;
    network.blocks = {{InputBlock{.shape = {2, 7, 6}}}, {conv}};
    Random random(6);
    std::vector<Weight> weights = {{"a.weight", Tensor(DType::f32, {3, 2, 3, 3})},
                                   {"a.bias", Tensor(DType::f32, {3})}};
    for (Weight& weight : weights) {
      for (float& x : weight.values.as<float>()) x = static_cast<float>(random.normal());
    }
    std::vector<float> x(84);
    for (float& value : x) value = static_cast<float>(random.normal());
    ThreadPool pool(1);
    Seen seen;
    Engine engine(network, weights, pool, &seen);
    std::vector<float> y(engine.output_size());
    engine.run(x, y, 1);
    const std::size_t positions = y.size() / 3;
    REQUIRE(seen.windows.size() == positions * 18);
    for (std::size_t p = 0; p < positions; ++p) {
      for (std::size_t o = 0; o < 3; ++o) {
        double sum = weights[1].values.as<float>()[o];
        for (std::size_t k = 0; k < 18; ++k) {
          sum += static_cast<double>(seen.windows[p * 18 + k]) *
                 weights[0].values.as<float>()[o * 18 + k];
        }
        CHECK(y[o * positions + p] == doctest::Approx(sum).epsilon(1e-4));
      }
    }
  }
}

}  // namespace mx
