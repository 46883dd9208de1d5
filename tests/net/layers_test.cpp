// SPDX-License-Identifier: Apache-2.0
#include "net/layers.h"

#include <doctest/doctest.h>

#include "net/families.h"

namespace mx {
namespace {

TEST_CASE("a transformer's layer is its attention and what stands behind it") {
  ModelOptions options;
  options.family = Family::gpt;
  options.layers = 3;
  options.dim = 8;
  options.heads = 2;
  options.context = 16;
  const Network network = build_language_model(options, 20);
  const std::vector<NetworkLayer> all = layers(network);
  REQUIRE(all.size() == 3);
  for (const NetworkLayer& layer : all) {
    CHECK(layer.end - layer.begin == 2);
    CHECK(layer.output == Shape{16, 8});
    REQUIRE(layer.attention != nullptr);
    CHECK(layer.attention->heads == 2);
  }
}

TEST_CASE("other networks' layers end behind activations and pooling, and outputs are none") {
  const Network network = {{{InputBlock{{1, 8, 8}}},
                            {Conv2d{.name = "a", .in = 1, .out = 4, .padding = 1}},
                            {Activation{}},
                            {Pool2d{}},
                            {Flatten{}},
                            {Linear{.name = "b", .in = 64, .out = 10}},
                            {Activation{}},
                            {Dropout{0.5}},
                            {Linear{.name = "head", .in = 10, .out = 3}}}};
  const std::vector<NetworkLayer> all = layers(network);
  REQUIRE(all.size() == 2);
  CHECK(all[0].begin == 1);
  CHECK(all[0].end == 4);
  CHECK(all[0].output == Shape{4, 4, 4});
  CHECK(all[1].end == 7);
  CHECK(all[1].output == Shape{10});
  CHECK(all[1].attention == nullptr);
}

TEST_CASE("a single map has no layers") {
  CHECK(layers({{{InputBlock{{4}}}, {Linear{.name = "head", .in = 4, .out = 2}}}}).empty());
}

}  // namespace
}  // namespace mx
