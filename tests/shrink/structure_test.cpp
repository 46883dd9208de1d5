// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "structures.h"

namespace mx {
namespace {

Network network(const char* json) { return network_from_json(parse_json(json, "test"), "test"); }

// Every number says where it lay: 1000 * first index + the rest.
std::vector<Weight> numbered(const Network& network) {
  std::vector<Weight> weights;
  for (const TensorSpec& spec : tensors(network)) {
    Weight weight{.name = spec.name, .values = Tensor(DType::f32, spec.shape)};
    const std::span<float> values = weight.values.as<float>();
    const std::size_t row = values.size() / static_cast<std::size_t>(spec.shape[0]);
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<float>(1000 * (i / row) + i % row);
    }
    weights.push_back(std::move(weight));
  }
  return weights;
}

std::vector<float> values(const Cut& cut, std::string_view name) {
  for (const Weight& weight : cut.weights) {
    if (weight.name != name) continue;
    const std::span<const float> all = weight.values.as<float>();
    return {all.begin(), all.end()};
  }
  FAIL("no weight " << name);
  return {};
}

// Scores that make the structures in `dead` of `map` the least important.
std::vector<Scores> scores_with(const Network& network, std::string_view map,
                                const std::vector<std::size_t>& dead) {
  std::vector<Scores> scores;
  for (const TensorSpec& spec : tensors(network)) {
    if (!spec.prunable) continue;
    Scores one{spec.name, spec.shape, std::vector<float>(element_count(spec.shape), 1.0F)};
    const std::size_t row = one.values.size() / static_cast<std::size_t>(spec.shape[0]);
    if (spec.name == map) {
      for (const std::size_t d : dead) {
        std::fill_n(one.values.begin() + static_cast<std::ptrdiff_t>(d * row), row, 0.0F);
      }
    }
    scores.push_back(std::move(one));
  }
  return scores;
}

constexpr const char* kMlp = R"([{"input":{"shape":[3]}},
  {"linear":{"name":"a","in":3,"out":4}},{"activation":{"kind":"relu"}},{"dropout":{"rate":0.5}},
  {"linear":{"name":"b","in":4,"out":2}}])";

TEST_CASE("a neuron goes with its row, its bias and the column that reads it") {
  const Network mlp = network(kMlp);
  const Cut cut = cut_by_scores(mlp, numbered(mlp), scores_with(mlp, "a.weight", {1, 3}),
                                Structure::neurons, 0.5, Scope::global, "");
  CHECK(cut.structures == 4);
  CHECK(cut.removed == 2);
  CHECK(values(cut, "a.weight") == std::vector<float>{0, 1, 2, 2000, 2001, 2002});
  CHECK(values(cut, "a.bias") == std::vector<float>{0, 2000});
  CHECK(values(cut, "b.weight") == std::vector<float>{0, 2, 1000, 1002});
  CHECK(values(cut, "b.bias") == std::vector<float>{0, 1000});
  CHECK(std::get<Linear>(cut.network.blocks[1].any).out == 2);
  CHECK(std::get<Linear>(cut.network.blocks[4].any).in == 2);
  CHECK(cost(cut.network).parameters < cost(mlp).parameters);
}

constexpr const char* kCnn = R"([{"input":{"shape":[1,6,6]}},
  {"conv2d":{"name":"c","in":1,"out":3,"kernel":3}},{"batchnorm":{"name":"n","dim":3}},
  {"activation":{"kind":"relu"}},{"pool2d":{"kind":"max","size":2,"stride":2}},{"flatten":{}},
  {"linear":{"name":"a","in":12,"out":5}},{"layernorm":{"name":"l","dim":5}},
  {"activation":{"kind":"relu"}},{"linear":{"name":"b","in":5,"out":2}}])";

TEST_CASE("a channel goes with its statistics and with all numbers it is flattened to") {
  const Network cnn = network(kCnn);
  const Cut cut = cut_by_scores(cnn, numbered(cnn), scores_with(cnn, "c.weight", {1}),
                                Structure::channels, 1.0 / 3, Scope::layer, "");
  CHECK(cut.removed == 1);
  CHECK(values(cut, "c.bias") == std::vector<float>{0, 2000});
  for (const char* name : {"n.weight", "n.bias", "n.mean", "n.var"}) {
    CHECK(values(cut, name) == std::vector<float>{0, 2000});
  }
  const std::vector<float> read = values(cut, "a.weight");
  CHECK(std::vector<float>(read.begin(), read.begin() + 8) ==
        std::vector<float>{0, 1, 2, 3, 8, 9, 10, 11});
  CHECK(std::get<BatchNorm>(cut.network.blocks[2].any).dim == 2);
  CHECK(std::get<Linear>(cut.network.blocks[6].any).in == 8);
}

TEST_CASE("a neuron behind a layer normalization goes with its scale and shift") {
  const Network cnn = network(kCnn);
  const Cut cut = cut_by_scores(cnn, numbered(cnn), scores_with(cnn, "a.weight", {0, 4}),
                                Structure::neurons, 0.4, Scope::layer, "");
  CHECK(values(cut, "l.weight") == std::vector<float>{1000, 2000, 3000});
  CHECK(std::get<LayerNorm>(cut.network.blocks[7].any).dim == 3);
}

TEST_CASE("convolutions lose the filters' channels in the next convolution") {
  const Network net = network(R"([{"input":{"shape":[2,5,5]}},
    {"conv2d":{"name":"c","in":2,"out":3,"kernel":2}},{"activation":{"kind":"tanh"}},
    {"conv2d":{"name":"d","in":3,"out":2,"kernel":2}}])");
  const Cut cut = cut_by_scores(net, numbered(net), scores_with(net, "c.weight", {0}),
                                Structure::channels, 1.0 / 3, Scope::global, "");
  CHECK(values(cut, "d.weight") == std::vector<float>{4, 5, 6, 7, 8, 9, 10, 11, 1004, 1005, 1006,
                                                      1007, 1008, 1009, 1010, 1011});
  CHECK(std::get<Conv2d>(cut.network.blocks[3].any).in == 2);
}

TEST_CASE("every map keeps at least one structure") {
  const Network mlp = network(kMlp);
  const Cut cut = cut_by_scores(mlp, numbered(mlp), scores_with(mlp, "a.weight", {}),
                                Structure::neurons, 1, Scope::global, "");
  CHECK(cut.removed == 3);
  CHECK(values(cut, "a.bias") == std::vector<float>{3000});
}

TEST_CASE("what is kept by name is not cut, and nothing left to cut is said") {
  const Network mlp = network(kMlp);
  CHECK_THROWS_AS((void)cut_by_scores(mlp, numbered(mlp), scores_with(mlp, "a.weight", {}),
                                      Structure::neurons, 0.5, Scope::global, "^a"),
                  Error);
  CHECK_THROWS_AS((void)cut_by_scores(mlp, numbered(mlp), scores_with(mlp, "a.weight", {}),
                                      Structure::channels, 0.5, Scope::global, ""),
                  Error);
}

TEST_CASE("tied weights are refused in words") {
  const Network net = network(R"([{"input":{"shape":[4]}},
    {"linear":{"name":"a","in":4,"out":4}},{"activation":{"kind":"relu"}},
    {"linear":{"name":"b","in":4,"out":4,"tied":"a.weight"}}])");
  try {
    (void)find_groups(net, Structure::neurons, "");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::usage);
    CHECK(error.message().find("tied") != std::string::npos);
  }
}

TEST_CASE("a linear map over the last of several dimensions does not hide the channels") {
  const Network net = network(R"([{"input":{"shape":[1,4,4]}},
    {"conv2d":{"name":"c","in":1,"out":2,"kernel":1}},{"linear":{"name":"w","in":4,"out":3}},
    {"flatten":{}},{"linear":{"name":"h","in":24,"out":2}}])");
  const Cut channels = cut_by_scores(net, numbered(net), scores_with(net, "c.weight", {0}),
                                     Structure::channels, 0.5, Scope::global, "");
  CHECK(std::get<Linear>(channels.network.blocks[4].any).in == 12);
  CHECK(values(channels, "h.weight")[0] == 12);
  const Cut neurons = cut_by_scores(net, numbered(net), scores_with(net, "w.weight", {1}),
                                    Structure::neurons, 1.0 / 3, Scope::global, "");
  const std::vector<float> read = values(neurons, "h.weight");
  CHECK(std::vector<float>(read.begin(), read.begin() + 6) == std::vector<float>{0, 2, 3, 5, 6, 8});
}

TEST_CASE("keep, a bad expression, and numbers that are not finite") {
  const Network mlp = network(kMlp);
  std::vector<Weight> weights = numbered(mlp);
  const std::vector<Scores> scores = magnitude_scores(mlp, weights, "^b[.]");
  REQUIRE(scores.size() == 1);
  CHECK(scores[0].name == "a.weight");
  CHECK(scores[0].values[3] == 1000);
  try {
    (void)magnitude_scores(mlp, weights, "(");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::usage);
  }
  weights[0].values.as<float>()[2] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS((void)magnitude_scores(mlp, weights, ""), Error);
  CHECK_NOTHROW((void)magnitude_scores(mlp, weights, "^a"));
}

constexpr const char* kTokens = R"([{"input":{"tokens":4}},
  {"embedding":{"name":"e","vocab":5,"dim":4,"positions":4}},
  {"residual":[{"rmsnorm":{"name":"n","dim":4}},{"attention":{"name":"a","dim":4,"heads":4,
    "kv_heads":2,"head_dim":2}}]},
  {"residual":[{"layernorm":{"name":"m","dim":4}},{"feedforward":{"name":"f","dim":4,"hidden":3,
    "activation":"silu","gated":true}}]},
  {"linear":{"name":"head","in":4,"out":5,"tied":"e.tokens"}}])";

std::vector<std::size_t> rows(const Cut& cut, std::string_view name) {
  std::vector<std::size_t> out;
  const std::vector<float> all = values(cut, name);
  for (const float value : all) {
    const auto row = static_cast<std::size_t>(value) / 1000;
    if (out.empty() || out.back() != row) out.push_back(row);
  }
  return out;
}

TEST_CASE("queries that share a key and value go together with them") {
  const Network net = network(kTokens);
  const Cut cut = cut_by_scores(net, numbered(net), scores_with(net, "a.value", {0, 1}),
                                Structure::heads, 0.5, Scope::layer, "");
  CHECK(cut.structures == 2);
  CHECK(cut.removed == 1);
  CHECK(rows(cut, "a.query") == std::vector<std::size_t>{4, 5, 6, 7});
  CHECK(rows(cut, "a.key") == std::vector<std::size_t>{2, 3});
  CHECK(rows(cut, "a.value_bias") == std::vector<std::size_t>{2, 3});
  const std::vector<float> output = values(cut, "a.output");
  CHECK(std::vector<float>(output.begin(), output.begin() + 5) ==
        std::vector<float>{4, 5, 6, 7, 1004});
  const auto& attention =
      std::get<Attention>(std::get<Residual>(cut.network.blocks[2].any).blocks[1].any);
  CHECK(attention.heads == 2);
  CHECK(attention.kv_heads == 1);
  CHECK(attention.dim == 4);
}

TEST_CASE("a feed-forward neuron goes with its gate") {
  const Network net = network(kTokens);
  const Cut cut = cut_by_scores(net, numbered(net), scores_with(net, "f.gate", {1}),
                                Structure::neurons, 0.3, Scope::layer, "");
  CHECK(rows(cut, "f.up") == std::vector<std::size_t>{0, 2});
  CHECK(rows(cut, "f.gate") == std::vector<std::size_t>{0, 2});
  CHECK(values(cut, "f.up_bias") == std::vector<float>{0, 2000});
  CHECK(values(cut, "f.down")[1] == 2);
}

TEST_CASE("whole residual blocks go, all of them if need be, and one by name stays") {
  const Network net = network(kTokens);
  const Cut one = cut_by_scores(net, numbered(net), scores_with(net, "a.output", {}),
                                Structure::blocks, 0.5, Scope::global, "");
  CHECK(one.network.blocks.size() == 4);  // the feed-forward block has fewer numbers
  CHECK(std::ranges::none_of(one.weights, [](const Weight& w) { return w.name == "f.up"; }));
  CHECK(std::ranges::none_of(one.weights, [](const Weight& w) { return w.name == "m.bias"; }));
  const Cut all = cut_by_scores(net, numbered(net), scores_with(net, "a.output", {}),
                                Structure::blocks, 1, Scope::layer, "");
  CHECK(all.network.blocks.size() == 3);
  const Cut kept = cut_by_scores(net, numbered(net), scores_with(net, "a.output", {}),
                                 Structure::blocks, 1, Scope::layer, "^f");
  CHECK(kept.structures == 1);
  CHECK(kept.network.blocks.size() == 4);
}

TEST_CASE("a narrower token goes through embeddings, norms, and what reads and writes it") {
  const Network net = network(kTokens);
  const auto groups = groups_of(net, Structure::width);
  REQUIRE(groups.size() == 1);
  const Cut cut = cut_structures(net, numbered(net), groups, {{1, 0, 1, 0}});
  CHECK(values(cut, "e.tokens")[1] == 2);
  CHECK(values(cut, "n.weight") == std::vector<float>{0, 2000});
  CHECK(rows(cut, "f.down") == std::vector<std::size_t>{0, 2});
  CHECK(values(cut, "a.key")[1] == 2);
  CHECK(std::get<Linear>(cut.network.blocks[4].any).in == 2);
  CHECK_THROWS_AS((void)find_groups(network(kMlp), Structure::heads, ""), Error);
  CHECK(groups_of(network(kMlp), Structure::width).empty());
}

TEST_CASE("tied maps stay and others go") {
  const Network net = network(R"([{"input":{"shape":[4]}},
    {"linear":{"name":"a","in":4,"out":4}},{"activation":{"kind":"relu"}},
    {"linear":{"name":"b","in":4,"out":3}},{"activation":{"kind":"relu"}},
    {"linear":{"name":"c","in":3,"out":4}},{"activation":{"kind":"relu"}},
    {"linear":{"name":"d","in":4,"out":4,"tied":"a.weight"}}])");
  const auto groups = find_groups(net, Structure::neurons, "");
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].name == "b.weight");
}

TEST_CASE("masks say again which structures stay") {
  for (const char* json : {kTokens, kCnn, kMlp}) {
    const Network net = network(json);
    for (const Structure structure :
         {Structure::neurons, Structure::channels, Structure::heads, Structure::blocks}) {
      std::vector<StructureGroup> groups;
      try {
        groups = find_groups(net, structure, "");
      } catch (const Error&) {
        continue;
      }
      const Importance sums = sum_scores(net, groups, magnitude_scores(net, numbered(net), ""));
      const std::vector<Kept> kept = choose_structures(groups, sums, 0.5, Scope::layer);
      CHECK(kept_by(groups, structure_masks(net, groups, kept)) == kept);
    }
  }
}

}  // namespace
}  // namespace mx
