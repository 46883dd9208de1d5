// SPDX-License-Identifier: Apache-2.0
// Small data and networks that training tests share.
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "base/random.h"
#include "data/dataset.h"
#include "net/network.h"
#include "tensor/tensor.h"

namespace mx {

// Points in three rings around the origin: not separable by lines.
inline Dataset rings(std::size_t rows, std::uint64_t seed) {
  Random random(seed);
  Dataset out{.rows = rows, .inputs = 2, .outputs = 0, .x = {}, .classes = {}, .targets = {}};
  for (std::size_t i = 0; i < rows; ++i) {
    const double angle = 2 * std::numbers::pi * random.uniform();
    const double radius = static_cast<double>(i % 3) + 0.5 + 0.1 * random.normal();
    out.x.push_back(static_cast<float>(radius * std::cos(angle)));
    out.x.push_back(static_cast<float>(radius * std::sin(angle)));
    out.classes.push_back(static_cast<std::int64_t>(i % 3));
  }
  return out;
}

inline Loaded ring_data() {
  Loaded out;
  out.schema.features = {{.name = "x", .categories = {}}, {.name = "y", .categories = {}}};
  out.schema.classes = {"inner", "middle", "outer"};
  out.schema.input = {2};
  out.train = rings(300, 1);
  out.valid = rings(90, 2);
  return out;
}

inline Network ring_network(std::int64_t hidden, double dropout = 0) {
  Network out{{{InputBlock{{2}}},
               {Linear{.name = "0", .in = 2, .out = hidden}},
               {Activation{Act::relu}},
               {Linear{.name = "head", .in = hidden, .out = 3}}}};
  if (dropout > 0) out.blocks.insert(out.blocks.begin() + 3, Block{Dropout{dropout}});
  return out;
}

inline Bytes bytes_of(const std::vector<Weight>& weights) {
  Bytes out;
  for (const Weight& weight : weights) {
    const ByteView bytes = weight.values.data.bytes();
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  return out;
}

}  // namespace mx
