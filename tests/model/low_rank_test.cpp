// SPDX-License-Identifier: Apache-2.0
#include "model/low_rank.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include <cmath>

#include "file/adapter.h"
#include "infer/merge.h"
#include "model/executor.h"
#include "model/initialize.h"
#include "model/runtime.h"
#include "model/toy.h"
#include "net/families.h"
#include "tensor/quantize.h"

namespace mx {
namespace {

Network rows_network() {
  return Network{{{InputBlock{{2, 4, 4}}},
                  {Conv2d{.name = "0", .in = 2, .out = 3, .kernel = 3, .padding = 1}},
                  {BatchNorm{.name = "norm", .dim = 3}},
                  {Activation{Act::relu}},
                  {Flatten{}},
                  {Linear{.name = "wide", .in = 48, .out = 10}},
                  {Activation{Act::tanh}},
                  {Linear{.name = "head", .in = 10, .out = 5}}}};
}

LowRank low_rank(const Network& network, double dropout = 0) {
  return {.maps = linear_maps(network), .rank = 3, .alpha = 4.5, .dropout = dropout};
}

void shake(std::vector<Weight>& weights, double size, std::uint64_t seed) {
  Random random(seed);
  for (Weight& weight : weights) {
    if (weight.name.ends_with(".var")) continue;
    for (float& value : weight.values.as<float>()) {
      value += static_cast<float>(size * random.normal());
    }
  }
}

struct Case {
  Network network;
  at::Tensor x;
  std::vector<Weight> base, factors;
};

std::vector<Case> cases() {
  std::vector<Case> out;
  const at::Tensor ids = at::tensor({3, 1, 4, 1, 5, 9, 2, 6, 5, 3}, at::kLong).view({2, 5});
  for (const Family family : {Family::gpt, Family::llama, Family::bert}) {
    out.push_back({language_model(family), ids, {}, {}});
  }
  out.push_back({rows_network(), at::linspace(-1, 1, 96).view({3, 32}).sin(), {}, {}});
  for (Case& one : out) {
    one.base = initialize(one.network, 5);
    shake(one.base, 0.2, 3);
    one.factors = initialize(low_rank(one.network), 7);
    shake(one.factors, 0.2, 4);
  }
  return out;
}

std::vector<Weight> merged(const Case& one) {
  Model model, adapter;
  model.header.network = one.network;
  model.weights = one.base;
  adapter.header.kind = FileKind::adapter;
  adapter.header.base = model.identity;
  adapter.header.extra = to_json(AdapterFacts{.rank = 3, .alpha = 4.5});
  adapter.weights = one.factors;
  ThreadPool pool(1);
  (void)merge_adapter(model, adapter, "a.mx", pool);
  return model.weights;
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

at::Tensor part(Executor& executor, std::string_view name, const at::Tensor& of) {
  for (const Executor::Place& place : executor.places()) {
    if (place.spec.name == name) {
      return of.narrow(0, place.begin, place.count).view(place.spec.shape);
    }
  }
  FAIL("no tensor " << name);
  return {};
}

std::uint64_t digest(const std::vector<Weight>& weights) {
  std::uint64_t sum = 1469598103934665603U;
  for (const Weight& weight : weights) {
    for (const std::uint8_t byte : weight.values.data.bytes()) sum = (sum ^ byte) * 1099511628211U;
  }
  return sum;
}

}  // namespace

TEST_CASE("a new adapter changes nothing, and its first factors follow from the seed alone") {
  prepare_torch(1);
  const at::NoGradGuard no_gradients;
  for (const Case& one : cases()) {
    const std::vector<Weight> fresh = initialize(low_rank(one.network), 7);
    const Executor adapted(one.network, one.base, low_rank(one.network), fresh);
    const Executor plain(one.network, one.base, false);
    CHECK(at::equal(adapted.forward(one.x, {}), plain.forward(one.x, {})));
    CHECK(digest(fresh) == digest(initialize(low_rank(one.network), 7)));
    CHECK(digest(fresh) != digest(initialize(low_rank(one.network), 8)));
    CHECK(parameters_of(low_rank(one.network)) == [&] {
      std::uint64_t count = 0;
      for (const Weight& weight : fresh) count += weight.values.count();
      return count;
    }());
  }
}

TEST_CASE("base and adapter give what the merged weights give") {
  prepare_torch(1);
  const at::NoGradGuard no_gradients;
  for (const Case& one : cases()) {
    const Executor adapted(one.network, one.base, low_rank(one.network), one.factors);
    const Executor plain(one.network, merged(one), false);
    const at::Tensor y = plain.forward(one.x, {});
    CHECK(distance(adapted.forward(one.x, {}), y) < 1e-5 * y.abs().max().item<double>());
    CHECK(distance(y, Executor(one.network, one.base, false).forward(one.x, {})) > 1e-2);
  }
}

// dL/dA = s B^T (dL/dW) and dL/dB = s (dL/dW) A^T, dL/dW being the merged network's.
TEST_CASE("gradients of the factors are those that the merged weights' gradients make") {
  prepare_torch(1);
  for (const Case& one : cases()) {
    // Dense batch normalization would use the batch; evaluation mode is what the adapter's has.
    Executor adapted(one.network, one.base, low_rank(one.network), one.factors);
    Executor dense(one.network, merged(one), true);
    adapted.forward(one.x, {}).square().sum().backward();
    dense.forward(one.x, {}).square().sum().backward();
    for (const TensorSpec& map : linear_maps(one.network)) {
      CAPTURE(map.name);
      const at::Tensor full = part(dense, map.name, dense.gradient());
      const std::string name_a = map.name + ".lora_a";
      const std::string name_b = map.name + ".lora_b";
      const at::Tensor a = part(adapted, name_a, adapted.trained());
      const at::Tensor b = part(adapted, name_b, adapted.trained());
      const at::Tensor da = 1.5 * at::mm(b.t(), full);
      const at::Tensor db = 1.5 * at::mm(full, a.t());
      CHECK(distance(part(adapted, name_a, adapted.gradient()), da) <
            1e-4 * da.abs().max().item<double>());
      CHECK(distance(part(adapted, name_b, adapted.gradient()), db) <
            1e-4 * db.abs().max().item<double>());
    }
  }
}

TEST_CASE("only factors are held and trained; the base's bytes and statistics stay") {
  prepare_torch(1);
  for (const Case& one : cases()) {
    const std::uint64_t before = digest(one.base);
    Executor adapted(one.network, one.base, low_rank(one.network), one.factors);
    CHECK(adapted.places().size() == one.factors.size());
    CHECK(adapted.statistics().numel() == 0);
    for (int i = 0; i < 2; ++i) {
      Random random(1);
      adapted.forward(one.x, {.training = true, .random = &random}).square().sum().backward();
      const at::NoGradGuard no_gradients;
      adapted.trained().add_(adapted.gradient(), -0.01);
    }
    CHECK(digest(one.base) == before);
    CHECK(digest(adapted.weights()) != digest(one.factors));
  }
}

TEST_CASE("an adapter's gradients are the same when blocks are computed again") {
  prepare_torch(1);
  const at::Tensor ids = at::tensor({3, 1, 4, 1, 5, 9, 2, 6, 5, 3}, at::kLong).view({2, 5});
  for (const Family family : {Family::gpt, Family::llama, Family::bert}) {
    Case one{language_model(family, 0.2), ids, {}, {}};
    one.base = initialize(one.network, 5);
    one.factors = initialize(low_rank(one.network), 7);
    shake(one.factors, 0.2, 4);
    const auto gradient = [&](bool recompute) {
      Executor adapted(one.network, one.base, low_rank(one.network, 0.3), one.factors);
      Random random(9);
      adapted.forward(ids, {.training = true, .random = &random, .recompute = recompute})
          .square()
          .sum()
          .backward();
      return adapted.gradient().clone();
    };
    const at::Tensor plain = gradient(false);
    CHECK(plain.abs().max().item<double>() > 0);
    CHECK(at::equal(gradient(true), plain));
  }
}

TEST_CASE("dropout drops what enters the adapter, while training only") {
  prepare_torch(1);
  const at::NoGradGuard no_gradients;
  const Case one = cases().front();
  const Executor plain(one.network, one.base, low_rank(one.network), one.factors);
  const Executor drops(one.network, one.base, low_rank(one.network, 0.5), one.factors);
  Random random(1);
  CHECK(at::equal(plain.forward(one.x, {}), drops.forward(one.x, {})));
  const ForwardPass pass{.training = true, .random = &random};
  CHECK_FALSE(at::equal(plain.forward(one.x, pass), drops.forward(one.x, pass)));
}

TEST_CASE("a quantized base is trained on as the numbers that it stands for") {
  prepare_torch(1);
  const at::NoGradGuard no_gradients;
  Case one = cases().front();
  for (Weight& weight : one.base) {
    if (weight.name.ends_with("query")) weight = quantize_channel(weight);
  }
  std::vector<Weight> numbers = one.base;
  for (Weight& weight : numbers) weight = {.name = weight.name, .values = to_f32(weight)};
  const Executor coded(one.network, one.base, low_rank(one.network), one.factors);
  const Executor plain(one.network, numbers, low_rank(one.network), one.factors);
  CHECK(at::equal(coded.forward(one.x, {}), plain.forward(one.x, {})));
}

}  // namespace mx
