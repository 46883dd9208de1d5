// SPDX-License-Identifier: Apache-2.0
#include "model/executor.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include <cmath>

#include "base/error.h"
#include "model/initialize.h"
#include "model/runtime.h"
#include "tensor/quantize.h"

namespace mx {
namespace {

Network small_network() {
  return Network{{{InputBlock{{2, 4, 4}}},
                  {Conv2d{.name = "0", .in = 2, .out = 3, .kernel = 3, .padding = 1}},
                  {BatchNorm{.name = "norm", .dim = 3}},
                  {Activation{Act::relu}},
                  {Pool2d{}},
                  {Flatten{}},
                  {Linear{.name = "head", .in = 12, .out = 5}}}};
}

const Weight& weight(const std::vector<Weight>& weights, std::string_view name) {
  for (const Weight& one : weights) {
    if (one.name == name) return one;
  }
  FAIL("no weight " << name);
  return weights.front();
}

TEST_CASE("weights start within one over the root of the fan-in, normalization as the identity") {
  const std::vector<Weight> weights = initialize(small_network(), 7);
  CHECK(weights.size() == 8);
  double sum = 0;
  float largest = 0;
  for (const float value : weight(weights, "0.weight").values.as<float>()) {
    sum += value;
    largest = std::max(largest, std::abs(value));
  }
  const float bound = 1 / std::sqrt(18.0F);
  CHECK(largest <= bound);
  CHECK(largest > 0.8F * bound);
  CHECK(std::abs(sum) / 54 < 0.2F * bound);
  CHECK(weight(weights, "norm.weight").values.as<float>()[1] == 1);
  CHECK(weight(weights, "norm.bias").values.as<float>()[1] == 0);
  CHECK(weight(weights, "norm.mean").values.as<float>()[1] == 0);
  CHECK(weight(weights, "norm.var").values.as<float>()[1] == 1);
}

TEST_CASE("the first weights follow from the seed alone, on every machine") {
  const Network network{{{InputBlock{{4}}}, {Linear{.name = "head", .in = 4, .out = 1}}}};
  const std::vector<Weight> first = initialize(network, 1);
  const std::span<const float> values = first[0].values.as<float>();
  CHECK(values[0] == doctest::Approx(-0.0529692));
  CHECK(values[3] == doctest::Approx(0.0738193));
  CHECK(initialize(network, 2)[0].values.as<float>()[0] != values[0]);
}

TEST_CASE("weights come out of the executor as they went in") {
  prepare_torch(1);
  const std::vector<Weight> in = initialize(small_network(), 3);
  const std::vector<Weight> out = Executor(small_network(), in, true).weights();
  REQUIRE(out.size() == in.size());
  for (std::size_t i = 0; i < in.size(); ++i) {
    CHECK(out[i].name == in[i].name);
    CHECK(std::ranges::equal(out[i].values.data.bytes(), in[i].values.data.bytes()));
  }
}

TEST_CASE("quantized weights are run as the numbers they stand for") {
  prepare_torch(1);
  std::vector<Weight> weights = initialize(small_network(), 3);
  const at::Tensor x = at::ones({2, 32});
  Weight& head = weights[6];
  REQUIRE(head.name == "head.weight");
  head = quantize_channel(head);
  const at::Tensor coded = Executor(small_network(), weights, false).forward(x, {});
  head = {.name = "head.weight", .values = to_f32(head)};
  CHECK(at::equal(coded, Executor(small_network(), weights, false).forward(x, {})));
}

TEST_CASE("weights that are not the network's are refused by name") {
  std::vector<Weight> weights = initialize(small_network(), 3);
  weights.pop_back();
  CHECK_THROWS_WITH_AS(Executor(small_network(), weights, false),
                       "the tensor 'head.bias' is missing", Error);
}

TEST_CASE("gradients of all tensors gather in one buffer, running statistics apart") {
  prepare_torch(1);
  Executor executor(small_network(), initialize(small_network(), 3), true);
  Random random(1);
  const at::Tensor x = at::linspace(-1, 1, 64).view({2, 32});
  executor.forward(x, {.training = true, .random = &random}).square().sum().backward();
  for (const Executor::Place& place : executor.places()) {
    if (!place.spec.trained) continue;
    const at::Tensor part = executor.gradient().narrow(0, place.begin, place.count);
    CAPTURE(place.spec.name);
    // A bias in front of batch normalization has no effect, so no gradient.
    if (place.spec.name != "0.bias") CHECK(part.abs().sum().item<double>() > 1e-6);
    CHECK(place.begin % 16 == 0);
  }
  CHECK(executor.statistics().abs().sum().item<double>() != 3);
}

TEST_CASE("dropout keeps the mean, and does nothing in evaluation") {
  const Network network{{{InputBlock{{20000}}}, {Dropout{0.25}}}};
  Executor executor(network, {}, false);
  Random random(1);
  const at::Tensor x = at::ones({1, 20000});
  const at::Tensor y = executor.forward(x, {.training = true, .random = &random});
  CHECK(y.mean().item<double>() == doctest::Approx(1).epsilon(0.02));
  CHECK((y == 0).sum().item<double>() / 20000 == doctest::Approx(0.25).epsilon(0.05));
  CHECK(at::equal(executor.forward(x, {}), x));
}

TEST_CASE("an error of LibTorch becomes one of ours, on one line") {
  const auto code = [](const std::function<void()>& work) {
    try {
      with_torch_errors(work);
    } catch (const Error& error) {
      CHECK(error.kind() == Kind::failed);
      CHECK(error.message().find('\n') == std::string::npos);
      return error.message();
    }
    return std::string("nothing");
  };
  CHECK(code([] { (void)at::mm(at::ones({2, 2}), at::ones({3, 3})); }).starts_with("LibTorch: "));
  CHECK(code([] { (void)at::empty({std::int64_t{1} << 50}); }) == "out of memory");
}

}  // namespace
}  // namespace mx
