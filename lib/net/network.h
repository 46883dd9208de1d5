// SPDX-License-Identifier: Apache-2.0
// A network is a list of blocks with their sizes: data, not code. It opens with the input's shape.
// Two executors (engine/, model/) read the same list; everything else walks it.
// Each block type is a struct here; its fields, JSON form, tensors, output shape and cost are in
// net/blocks/TYPE.cpp, and its line in the registry is its place in Block::Any.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "tensor/tensor.h"

namespace mx {

enum class Act { relu, gelu, gelu_tanh, tanh, silu, none };

struct InputBlock {  // {"input": {"shape": [64]}} or [channels, height, width]
  Shape shape;
};
struct Linear {  // weight [out, in], bias [out]; works on the last dimension
  std::string name;
  std::int64_t in = 0, out = 0;
  bool bias = true;
  std::string tied = {};  // the tensor used as weight instead of an own one, or empty
};
struct Conv2d {  // weight [out, in, kernel, kernel], bias [out]; input [in, h, w]; square
  std::string name;
  std::int64_t in = 0, out = 0, kernel = 3, stride = 1, padding = 0;
  bool bias = true;
};
struct Pool2d {     // input [c, h, w], no padding, floor
  bool max = true;  // else average; JSON: "kind": "max" or "avg"
  std::int64_t size = 2, stride = 2;
};
struct Activation {
  Act kind = Act::relu;
};
struct BatchNorm {  // over channels [dim, ...]: weight, bias, mean, var [dim]; eps
  std::string name;
  std::int64_t dim = 0;
  double eps = 1e-5;
};
struct LayerNorm {  // over the last dimension: weight, bias [dim]
  std::string name;
  std::int64_t dim = 0;
  double eps = 1e-5;
};
struct Flatten {};  // [c, h, w] -> [c * h * w]
struct Dropout {    // only while training
  double rate = 0;
};

struct Block {
  using Any = std::variant<InputBlock, Linear, Conv2d, Pool2d, Activation, BatchNorm, LayerNorm,
                           Flatten, Dropout>;
  Any any;
};

struct Network {
  std::vector<Block> blocks;
  [[nodiscard]] bool empty() const { return blocks.empty(); }
};

struct TensorSpec {
  std::string name;  // "0.weight": block name and role
  Shape shape;
  std::string role;       // "weight", "bias", "mean", "var"
  bool trained = true;    // false: running statistics
  bool prunable = false;  // weights of linear maps and convolutions
  std::int64_t fan_in = 0;
};

struct Cost {
  std::uint64_t parameters = 0;  // trained numbers, tied ones once
  std::uint64_t macs = 0;        // multiply-adds per row (forward)
};

// Strict both ways: from_json(to_json(n)) == n; fields that have their default are left out. What
// is read has passed check_network. Throws Kind::input with the block's position.
[[nodiscard]] Network network_from_json(const Json& json, std::string_view where);
[[nodiscard]] Json to_json(const Network& network);
[[nodiscard]] std::string_view type_of(const Block& block);  // "linear"
[[nodiscard]] std::string_view name_of(const Block& block);  // "" when it has none
[[nodiscard]] std::string_view name_of(Act act);

// Throws Kind::input when sizes do not chain, a name is missing, doubled or not [a-z0-9_.-]+, or a
// size is outside [1, 2^31).
void check_network(const Network& network);
// The shape of one row behind each block (the first is the input's). This and what follows wants
// a network that was checked: read from JSON, built by a family, or passed by check_network.
[[nodiscard]] std::vector<Shape> shapes(const Network& network);
[[nodiscard]] Shape output_shape(const Network& network);
// All tensors, in the order in which they are stored and initialized.
[[nodiscard]] std::vector<TensorSpec> tensors(const Network& network);
[[nodiscard]] Cost cost(const Network& network);
// Throws Kind::input, naming the tensor, unless `stored` (name and shape each) are exactly the
// network's tensors, in any order.
struct NamedShape {
  std::string_view name;
  const Shape* shape;
};
void check_tensors(const Network& network, const std::vector<NamedShape>& stored);

}  // namespace mx
