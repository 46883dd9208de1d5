// SPDX-License-Identifier: Apache-2.0
#include "net/narrow.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "net/families.h"

namespace mx {
namespace {

TEST_CASE("a narrower network has at most its share of the parameters, and hardly less") {
  ModelOptions options;
  options.hidden = {512, 256};
  const Network mlp = build(options, {64}, 10);
  options.family = Family::cnn;
  options.hidden = {120, 84};
  const Network cnn = build(options, {1, 28, 28}, 10);
  for (const Network& network : {mlp, cnn}) {
    for (const double share : {0.5, 0.25, 0.1}) {
      const Network small = narrower(network, share);
      const double had = static_cast<double>(cost(network).parameters);
      const double has = static_cast<double>(cost(small).parameters);
      CAPTURE(share);
      CHECK(has <= share * had);
      CHECK(has > 0.9 * share * had);
      CHECK(shapes(small).front() == shapes(network).front());
      CHECK(output_shape(small) == output_shape(network));
      REQUIRE(small.blocks.size() == network.blocks.size());
      for (std::size_t i = 0; i < small.blocks.size(); ++i) {
        CHECK(type_of(small.blocks[i]) == type_of(network.blocks[i]));
        CHECK(name_of(small.blocks[i]) == name_of(network.blocks[i]));
      }
    }
  }
  CHECK(to_json(narrower(mlp, 1)) == to_json(mlp));
}

TEST_CASE("normalization follows the width before it") {
  const Network network{{{InputBlock{{3, 8, 8}}},
                         {Conv2d{.name = "0", .in = 3, .out = 40, .kernel = 3}},
                         {BatchNorm{.name = "1", .dim = 40}},
                         {Flatten{}},
                         {Linear{.name = "2", .in = 1440, .out = 50}},
                         {LayerNorm{.name = "3", .dim = 50}},
                         {Linear{.name = "head", .in = 50, .out = 4}}}};
  const Network small = narrower(network, 0.3);
  const auto& conv = std::get<Conv2d>(small.blocks[1].any);
  CHECK(conv.out < 40);
  CHECK(std::get<BatchNorm>(small.blocks[2].any).dim == conv.out);
  CHECK(std::get<Linear>(small.blocks[4].any).in == 36 * conv.out);
}

TEST_CASE("a share that no width reaches is refused") {
  CHECK_THROWS_AS((void)narrower(build({}, {64}, 10), 0.001), Error);
}

}  // namespace
}  // namespace mx
