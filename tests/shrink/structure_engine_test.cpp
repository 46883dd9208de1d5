// SPDX-License-Identifier: Apache-2.0
// The native executor judges what a cut does to a network's answers.
#include <doctest/doctest.h>

#include "base/random.h"
#include "engine/engine.h"
#include "shrink/structure.h"

namespace mx {
namespace {

// Small whole numbers: sums are exact in every order, so that answers can be compared bit by bit.
std::vector<Weight> whole_weights(const Network& network, std::uint64_t seed) {
  Random random(seed);
  std::vector<Weight> weights;
  for (const TensorSpec& spec : tensors(network)) {
    Weight weight{.name = spec.name, .values = Tensor(DType::f32, spec.shape)};
    for (float& value : weight.values.as<float>()) {
      value = static_cast<float>(random.below(7)) - 3.0F;
      if (spec.role == "mean") value = 0;
      if (spec.role == "var") value = 0.75F;  // with eps 0.25 a deviation of 1
    }
    weights.push_back(std::move(weight));
  }
  return weights;
}

std::vector<float> answers(const Network& network, const std::vector<Weight>& weights) {
  ThreadPool pool(1);
  Engine engine(network, weights, pool);
  constexpr std::size_t kRows = 3;
  std::vector<float> x(kRows * engine.input_size()), y(kRows * engine.output_size());
  Random random(7);
  for (float& value : x) {
    value = static_cast<float>(random.below(5)) - (takes_tokens(network) ? 0.0F : 2.0F);
  }
  engine.run(x, y, kRows);
  return y;
}

// Softmax is not exact in every order.
void check_equal(const std::vector<float>& a, const std::vector<float>& b, bool nearly) {
  if (!nearly) CHECK(a == b);
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(static_cast<double>(a[i]) == doctest::Approx(static_cast<double>(b[i])).epsilon(1e-4));
  }
}

void check_cut(const char* json, Structure structure, double sparsity, Scope scope) {
  const Network network = network_from_json(parse_json(json, "test"), "test");
  int changed = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    CAPTURE(seed);
    std::vector<Weight> weights = whole_weights(network, seed);
    const std::vector<Scores> scores = magnitude_scores(network, weights, "");
    const auto groups = find_groups(network, structure, "");
    const std::vector<Kept> kept =
        choose_structures(groups, sum_scores(network, groups, scores), sparsity, scope);
    const std::vector<KeepMask> masks = structure_masks(network, groups, kept);
    Cut cut = cut_structures(network, weights, groups, kept);
    CHECK(cut.removed > 0);
    CHECK(cost(cut.network).parameters < cost(network).parameters);
    apply_masks(weights, masks);
    check_equal(answers(cut.network, cut.weights), answers(network, weights),
                takes_tokens(network));
    const bool differs =
        answers(network, weights) != answers(network, whole_weights(network, seed));
    changed += differs ? 1 : 0;
  }
  CHECK(changed > 0);
}

TEST_CASE("cutting neurons gives the answers of the network with those neurons dead") {
  check_cut(R"([{"input":{"shape":[6]}},{"linear":{"name":"a","in":6,"out":8}},
    {"activation":{"kind":"relu"}},{"linear":{"name":"b","in":8,"out":5}},
    {"activation":{"kind":"relu"}},{"dropout":{"rate":0.5}},
    {"linear":{"name":"c","in":5,"out":3}}])",
            Structure::neurons, 0.5, Scope::global);
}

TEST_CASE("cutting channels gives the answers of the network with those channels dead") {
  check_cut(R"([{"input":{"shape":[2,8,8]}},
    {"conv2d":{"name":"c","in":2,"out":4,"kernel":3,"padding":1}},{"activation":{"kind":"relu"}},
    {"pool2d":{"kind":"max","size":2,"stride":2}},
    {"conv2d":{"name":"d","in":4,"out":4,"kernel":3}},
    {"activation":{"kind":"relu"}},{"flatten":{}},{"linear":{"name":"h","in":16,"out":3}}])",
            Structure::channels, 0.5, Scope::layer);
}

TEST_CASE("a dead channel stays dead behind its batch normalization") {
  check_cut(R"([{"input":{"shape":[1,4,4]}},
    {"conv2d":{"name":"c","in":1,"out":4,"kernel":1}},{"batchnorm":{"name":"n","dim":4,"eps":0.25}},
    {"activation":{"kind":"relu"}},{"pool2d":{"kind":"avg","size":2,"stride":2}},{"flatten":{}},
    {"linear":{"name":"h","in":16,"out":3}}])",
            Structure::channels, 0.25, Scope::global);
}

constexpr const char* kTokens = R"([{"input":{"tokens":4}},
  {"embedding":{"name":"e","vocab":5,"dim":4,"positions":4}},
  {"residual":[{"layernorm":{"name":"n","dim":4}},{"attention":{"name":"a","dim":4,"heads":4,
    "kv_heads":2,"head_dim":2}}]},
  {"residual":[{"layernorm":{"name":"m","dim":4}},{"feedforward":{"name":"f","dim":4,"hidden":6,
    "activation":"gelu","gated":true}}]},
  {"residual":[{"layernorm":{"name":"o","dim":4}},{"linear":{"name":"u","in":4,"out":6}},
    {"activation":{"kind":"relu"}},{"linear":{"name":"v","in":6,"out":4}}]},
  {"linear":{"name":"head","in":4,"out":5,"tied":"e.tokens"}}])";

TEST_CASE("cutting heads, feed-forward neurons and blocks gives the answers of dead ones") {
  for (const Structure structure : {Structure::heads, Structure::neurons, Structure::blocks}) {
    CAPTURE(name_of(structure));
    check_cut(kTokens, structure, 0.5, Scope::layer);
  }
}

}  // namespace
}  // namespace mx
