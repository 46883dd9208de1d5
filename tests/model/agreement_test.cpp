// SPDX-License-Identifier: Apache-2.0
// Two executors run the same block list, the engine without LibTorch: a test for each block type
// holds them to the same numbers.
#include <doctest/doctest.h>
#include <torch/torch.h>

#include <array>
#include <cmath>

#include "base/random.h"
#include "engine/engine.h"
#include "model/executor.h"
#include "model/initialize.h"
#include "model/runtime.h"
#include "net/families.h"

namespace mx {
namespace {

constexpr std::size_t kRows = 37;

// Random inputs and weights; statistics and norms are moved away from the identity.
double distance(const Network& network) {
  prepare_torch(1);
  Random random(11);
  std::vector<Weight> weights = initialize(network, 4);
  for (Weight& weight : weights) {
    for (float& value : weight.values.as<float>()) {
      value += static_cast<float>(0.1 * std::abs(random.normal()));
    }
  }
  ThreadPool pool(2);
  Engine engine(network, weights, pool);
  std::vector<float> x(kRows * engine.input_size());
  for (float& value : x) value = static_cast<float>(random.normal());
  std::vector<float> y(kRows * engine.output_size());
  engine.run(x, y, kRows);

  const at::NoGradGuard no_gradients;
  const Executor executor(network, weights, false);
  const at::Tensor expected =
      executor
          .forward(at::from_blob(x.data(), {kRows, static_cast<std::int64_t>(engine.input_size())},
                                 at::kFloat),
                   {})
          .contiguous();
  REQUIRE(static_cast<std::size_t>(expected.numel()) == y.size());
  double worst = 0;
  double largest = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double wanted = expected.data_ptr<float>()[i];
    worst = std::max(worst, std::abs(wanted - static_cast<double>(y[i])));
    largest = std::max(largest, std::abs(wanted));
  }
  return worst / largest;
}

void agree(const Shape& input, std::vector<Block> blocks) {
  Network network{{{InputBlock{input}}}};
  for (Block& block : blocks) network.blocks.push_back(std::move(block));
  CAPTURE(dump_json(to_json(network)));
  CHECK(distance(network) <= 1e-5);
}

TEST_CASE("both executors give the same numbers for every block type") {
  agree({50}, {{Linear{.name = "a", .in = 50, .out = 33}}});
  agree({50}, {{Linear{.name = "a", .in = 50, .out = 7, .bias = false}}});
  agree({3, 4, 6}, {{Linear{.name = "a", .in = 6, .out = 5}}});
  agree({8}, {{Linear{.name = "a", .in = 8, .out = 8}},
              {Linear{.name = "b", .in = 8, .out = 8, .tied = "a.weight"}}});
  agree({3, 9, 8}, {{Conv2d{.name = "a", .in = 3, .out = 5}}});
  agree(
      {3, 9, 8},
      {{Conv2d{
          .name = "a", .in = 3, .out = 5, .kernel = 5, .stride = 2, .padding = 2, .bias = false}}});
  for (const bool max : {true, false}) {
    agree({2, 7, 9}, {{Pool2d{.max = max}}});
    agree({2, 7, 9}, {{Pool2d{.max = max, .size = 3, .stride = 2}}});
  }
  for (const Act kind : {Act::relu, Act::gelu, Act::gelu_tanh, Act::tanh, Act::silu, Act::none}) {
    agree({100}, {{Activation{kind}}});
  }
  agree({4, 5, 5}, {{BatchNorm{.name = "a", .dim = 4}}});
  agree({30}, {{BatchNorm{.name = "a", .dim = 30, .eps = 1e-3}}});
  agree({30}, {{LayerNorm{.name = "a", .dim = 30}}});
  agree({3, 8}, {{LayerNorm{.name = "a", .dim = 8, .eps = 1e-2}}});
  agree({3, 8}, {{Flatten{}}, {Dropout{0.5}}});
}

TEST_CASE("both executors give the same numbers for whole networks") {
  agree({1, 28, 28}, {{Conv2d{.name = "0", .in = 1, .out = 8, .kernel = 5, .padding = 2}},
                      {BatchNorm{.name = "n", .dim = 8}},
                      {Activation{Act::relu}},
                      {Pool2d{}},
                      {Conv2d{.name = "1", .in = 8, .out = 16, .kernel = 5, .padding = 2}},
                      {Activation{Act::relu}},
                      {Pool2d{}},
                      {Flatten{}},
                      {Linear{.name = "2", .in = 784, .out = 64}},
                      {Activation{Act::relu}},
                      {Linear{.name = "head", .in = 64, .out = 10}}});
  agree({64}, {{Linear{.name = "0", .in = 64, .out = 512}},
               {Activation{Act::gelu}},
               {LayerNorm{.name = "n", .dim = 512}},
               {Linear{.name = "1", .in = 512, .out = 256}},
               {Activation{Act::tanh}},
               {Linear{.name = "head", .in = 256, .out = 10}}});
}

// Rows of 9, 5 and 12 ids behind one another, of a context of 12.
double distance_on_tokens(const Network& network) {
  prepare_torch(1);
  std::vector<Weight> weights = initialize(network, 4);
  Random random(11);
  for (Weight& weight : weights) {
    for (float& value : weight.values.as<float>()) {
      value += static_cast<float>(0.2 * random.normal());
    }
  }
  ThreadPool pool(2);
  Engine engine(network, weights, pool);
  std::vector<float> x(3 * 12, -1);
  for (const std::size_t row : {0U, 1U, 2U}) {
    for (std::size_t i = 0; i < std::array<std::size_t, 3>{9, 5, 12}.at(row); ++i) {
      x[row * 12 + i] = static_cast<float>(random.below(17));
    }
  }
  std::vector<float> y(3 * engine.output_size());
  engine.run(x, y, 3);
  const at::NoGradGuard no_gradients;
  const at::Tensor expected = Executor(network, weights, false)
                                  .forward(at::from_blob(x.data(), {3, 12}, at::kFloat), {})
                                  .contiguous();
  REQUIRE(static_cast<std::size_t>(expected.numel()) == y.size());
  const std::size_t width = y.size() / (output_shape(network).size() == 2 ? 36 : 3);
  double worst = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y.size() == 36 * width && x[i / width] < 0) continue;  // padding means nothing
    worst = std::max(worst, std::abs(expected.data_ptr<float>()[i] - static_cast<double>(y[i])));
  }
  return worst;
}

TEST_CASE("networks on tokens agree, padded, pooled and with shared keys and values") {
  for (const Family family : {Family::gpt, Family::llama, Family::bert}) {
    CAPTURE(name_of(family));
    const ModelOptions options = {.family = family,
                                  .layers = 2,
                                  .heads = 4,
                                  .dim = 16,
                                  .context = 12,
                                  .kv_heads = family == Family::llama ? 2 : 4};
    CHECK(distance_on_tokens(build_language_model(options, 17)) <= 1e-5);
    CHECK(distance_on_tokens(build_classifier(options, 17, 3)) <= 1e-5);
  }
}

}  // namespace
}  // namespace mx
