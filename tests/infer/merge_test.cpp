// SPDX-License-Identifier: Apache-2.0
#include "infer/merge.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/error.h"
#include "base/random.h"
#include "file/adapter.h"
#include "net/families.h"
#include "tensor/quantize.h"

namespace mx {
namespace {

Tensor random_tensor(Shape shape, Random& random) {
  Tensor out(DType::f32, std::move(shape));
  for (float& x : out.as<float>()) x = static_cast<float>(random.normal());
  return out;
}

Model base() {
  Random random(1);
  Model model;
  ModelOptions options;
  options.hidden = {12, 9};
  model.header.network = build(options, {7}, 3);
  for (const TensorSpec& spec : tensors(model.header.network)) {
    model.weights.push_back({spec.name, random_tensor(spec.shape, random)});
  }
  model.identity = {7, 7};
  return model;
}

Model adapter_of(const Model& model, std::int64_t rank, double alpha, std::uint64_t seed) {
  Random random(seed);
  Model out;
  out.header.kind = FileKind::adapter;
  out.header.base = model.identity;
  out.header.extra = to_json(AdapterFacts{.rank = rank, .alpha = alpha});
  for (const TensorSpec& map : linear_maps(model.header.network)) {
    out.weights.push_back({map.name + ".lora_a", random_tensor({rank, map.shape[1]}, random)});
    out.weights.push_back({map.name + ".lora_b", random_tensor({map.shape[0], rank}, random)});
  }
  return out;
}

bool same_bytes(const Model& a, const Model& b) {
  return std::ranges::equal(a.weights, b.weights, [](const Weight& x, const Weight& y) {
    return x.name == y.name && x.scheme == y.scheme &&
           std::ranges::equal(x.values.data.bytes(), y.values.data.bytes());
  });
}

std::string refusal(Model model, const Model& adapter) {
  ThreadPool pool(1);
  const Model before = model;
  try {
    (void)merge_adapter(model, adapter, "a.mx", pool);
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
    CHECK(same_bytes(model, before));
    return error.message();
  }
  return {};
}

}  // namespace

TEST_CASE("a merged weight is W + alpha / rank * B A, whatever the number of threads") {
  const Model plain = base();
  const Model adapter = adapter_of(plain, 3, 4.5, 2);
  ThreadPool one(1), three(3);
  Model merged = plain, again = plain;
  const MergeFacts facts = merge_adapter(merged, adapter, "a.mx", one);
  (void)merge_adapter(again, adapter, "a.mx", three);
  CHECK(same_bytes(merged, again));
  CHECK(facts.numbers == 12 * 7 + 9 * 12 + 3 * 9);
  CHECK(facts.filled == 0);
  CHECK(facts.coded == 0);
  for (std::size_t w = 0; w < plain.weights.size(); ++w) {
    const Weight& before = plain.weights[w];
    const Weight* const a = find_weight(adapter, before.name + ".lora_a");
    const Weight* const b = find_weight(adapter, before.name + ".lora_b");
    const std::span<const float> was = before.values.as<float>();
    const std::span<const float> now = merged.weights[w].values.as<float>();
    if (a == nullptr) {
      CHECK(std::ranges::equal(was, now));
      continue;
    }
    const auto in = static_cast<std::size_t>(before.values.shape[1]);
    for (std::size_t i = 0; i < was.size(); ++i) {
      double sum = 0;
      for (std::size_t r = 0; r < 3; ++r) {
        sum += static_cast<double>(b->values.as<float>()[i / in * 3 + r]) *
               static_cast<double>(a->values.as<float>()[r * in + i % in]);
      }
      CHECK(now[i] == doctest::Approx(was[i] + 1.5 * sum).epsilon(1e-5));
    }
  }
}

TEST_CASE("an adapter whose B is zero leaves every bit as it is") {
  const Model plain = base();
  Model adapter = adapter_of(plain, 2, 2, 2);
  for (Weight& weight : adapter.weights) {
    if (weight.name.ends_with(kLoraB)) std::ranges::fill(weight.values.as<float>(), 0.0F);
  }
  Model merged = plain;
  ThreadPool pool(1);
  (void)merge_adapter(merged, adapter, "a.mx", pool);
  CHECK(same_bytes(merged, plain));
}

TEST_CASE("two adapters of one base are added one after the other") {
  const Model plain = base();
  Model both = plain, second = plain;
  ThreadPool pool(1);
  (void)merge_adapter(both, adapter_of(plain, 2, 1, 2), "a.mx", pool);
  (void)merge_adapter(second, adapter_of(plain, 3, 1, 3), "b.mx", pool);
  Model first = both;
  (void)merge_adapter(both, adapter_of(plain, 3, 1, 3), "b.mx", pool);
  const auto number = [](const Model& m) { return m.weights[0].values.as<float>()[5]; };
  CHECK(number(both) ==
        doctest::Approx(number(first) + number(second) - number(plain)).epsilon(1e-5));
}

TEST_CASE("zeros that are filled and codes that become numbers are counted") {
  Model sparse = base();
  std::ranges::fill(sparse.weights[0].values.as<float>().first(10), 0.0F);
  std::ranges::fill(sparse.weights[2].values.as<float>().first(5), 0.0F);
  sparse.weights[2] = quantize_channel(sparse.weights[2]);
  REQUIRE(sparse.weights[2].name.ends_with(".weight"));
  ThreadPool pool(1);
  Model adapter = adapter_of(sparse, 2, 1, 2);
  const MergeFacts facts = merge_adapter(sparse, adapter, "a.mx", pool);
  CHECK(facts.filled == 10);
  CHECK(facts.coded == 1);
  CHECK(sparse.weights[2].scheme == Scheme::plain);
  CHECK(sparse.weights[2].values.dtype == DType::f32);
}

TEST_CASE("an adapter that does not belong to the model is refused, and nothing is changed") {
  const Model model = base();
  const auto has = [](const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  };
  Model adapter = adapter_of(model, 2, 2, 1);
  CHECK(refusal(model, adapter).empty());
  CHECK(has(refusal(model, model), "a.mx is no adapter"));
  Model other = adapter;
  other.header.base = Sha256{9};
  const std::string both = refusal(model, other);
  CHECK(has(both, "0900000000"));
  CHECK(has(both, "0707000000"));
  other = adapter;
  other.weights[0].name = "5.weight.lora_a";
  other.weights[1].name = "5.weight.lora_b";
  CHECK(has(refusal(model, other), "a map '5.weight', which its base has not"));
  other = adapter;
  other.weights[2].name = "0.bias.lora_a";
  other.weights[3].name = "0.bias.lora_b";
  CHECK(has(refusal(model, other), "'0.bias'"));
  other = adapter;
  Random random(1);
  other.weights[3].values = random_tensor({10, 2}, random);
  CHECK(has(refusal(model, other), "of [10, 12], but its base's is [9, 12]"));
}

TEST_CASE("a model without a schema gets the adapter's, another keeps its own") {
  Model model = base();
  Model adapter = adapter_of(model, 1, 1, 1);
  adapter.header.schema = {{"task", "lm"}};
  ThreadPool pool(1);
  (void)merge_adapter(model, adapter, "a.mx", pool);
  CHECK(model.header.schema == adapter.header.schema);
  model.header.schema = {{"task", "mlm"}};
  (void)merge_adapter(model, adapter, "a.mx", pool);
  CHECK(model.header.schema != adapter.header.schema);
}

}  // namespace mx
