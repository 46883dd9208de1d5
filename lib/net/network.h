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

struct InputBlock {  // {"input": {"shape": [64]}}, or [channels, height, width]
  Shape shape;
  std::int64_t tokens = 0;  // {"input": {"tokens": 64}}: the ids of at most so many tokens instead
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
struct RmsNorm {  // over the last dimension: weight [dim] (Zhang and Sennrich 2019)
  std::string name;
  std::int64_t dim = 0;
  double eps = 1e-5;
};
struct Embedding {   // tokens [time] -> [time, dim]: tokens [vocab, dim], positions [positions,
                     // dim],
  std::string name;  // types [types, dim], of which the first is added everywhere
  std::int64_t vocab = 0, dim = 0;
  std::int64_t positions = 0, types = 0;  // 0: none
};
// Multi-head attention (Vaswani et al. 2017) on [time, dim]; kv_heads < heads: grouped queries
// (Ainslie et al. 2023), query head i reads key and value head i / (heads / kv_heads).
// query [heads * head_dim, dim], key and value [kv_heads * head_dim, dim], output [dim, heads *
// head_dim]; query_bias, key_bias, value_bias; output_bias; query_norm, key_norm [head_dim].
struct Attention {
  std::string name;
  std::int64_t dim = 0, heads = 0, kv_heads = 0, head_dim = 0;
  bool causal = true;
  bool bias = true, output_bias = true;  // of query, key and value; of output
  double rope = 0;  // base of rotary positions (Su et al. 2021, halves as in Llama), 0: none
  // Pair i turns by position * base^(-2i / head_dim) / factor i (none: all 1), and its cosines and
  // sines are multiplied by rope_scale: what stretches positions (Llama 3, YaRN, LongRoPE) is said
  // so. Factor 0: the pair stays as it is (partial rotary positions).
  std::vector<double> rope_factors = {};
  double rope_scale = 1;
  double norm_eps = 0;  // of root mean square norms of each head's query and key; 0: none
  double dropout = 0;   // of attention probabilities, only while training
};
// up [hidden, dim], down [dim, hidden], up_bias, down_bias. gated: down(act(gate x) * up x) with
// gate [hidden, dim], gate_bias (Shazeer 2020).
struct FeedForward {
  std::string name;
  std::int64_t dim = 0, hidden = 0;
  Act activation = Act::gelu;
  bool gated = false, bias = true;
};
struct TokenPool {    // [time, dim] -> [dim]; padding is not counted
  bool first = true;  // the first token's; else the mean. JSON: "kind": "first" or "mean"
};
struct Block;
struct Residual {  // x + blocks(x), which leave the shape as it is; {"residual": [blocks]}
  std::vector<Block> blocks;
};
struct Flatten {};  // [c, h, w] -> [c * h * w]
struct Dropout {    // only while training
  double rate = 0;
};

struct Block {
  using Any =
      std::variant<InputBlock, Linear, Conv2d, Pool2d, Activation, BatchNorm, LayerNorm, RmsNorm,
                   Embedding, Attention, FeedForward, TokenPool, Residual, Flatten, Dropout>;
  Any any;
};

struct Network {
  std::vector<Block> blocks;
  [[nodiscard]] bool empty() const { return blocks.empty(); }
};

struct TensorSpec {
  std::string name;  // "0.weight": block name and role
  Shape shape;
  std::string role;       // what follows the block's name: "weight", "bias", "mean", "query"
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
// How a pair of a head turns: by so many radians with each position, and so much longer.
struct PairTurn {
  double speed = 0, scale = 1;
  [[nodiscard]] auto operator<=>(const PairTurn&) const = default;
};
// Of each pair: [head_dim / 2]; none without rotary positions.
[[nodiscard]] std::vector<PairTurn> pair_turns(const Attention& block);

// Throws Kind::input when sizes do not chain, a name is missing, doubled or not [a-z0-9_.-]+, or a
// size is outside [1, 2^31).
void check_network(const Network& network);
// The shape of one row behind each block (the first is the input's). This and what follows wants
// a network that was checked: read from JSON, built by a family, or passed by check_network.
[[nodiscard]] std::vector<Shape> shapes(const Network& network);
// Every block with the shapes of one row before and behind it, those inside residual blocks right
// behind the block that holds them.
using BlockVisit = std::function<void(const Block& block, const Shape& in, const Shape& out)>;
void walk(const Network& network, const BlockVisit& visit);
// Whether rows are token ids (below 0: padding at the end, which no one sees), how many at most,
// and of how many kinds. Outputs of [time, outputs] belong to the tokens one by one.
[[nodiscard]] bool takes_tokens(const Network& network);
[[nodiscard]] std::int64_t context_of(const Network& network);     // Kind::usage without tokens
[[nodiscard]] std::int64_t vocabulary_of(const Network& network);  // the embedding's
[[nodiscard]] Shape output_shape(const Network& network);
// All tensors, in the order in which they are stored and initialized.
[[nodiscard]] std::vector<TensorSpec> tensors(const Network& network);
// Of those, the weights [out, in] of linear maps inside blocks: the prunable ones that are no
// convolutions.
[[nodiscard]] std::vector<TensorSpec> linear_maps(const Network& network);
[[nodiscard]] Cost cost(const Network& network);
// Throws Kind::input, naming the tensor, unless `stored` (name and shape each) are exactly the
// network's tensors, in any order.
struct NamedShape {
  std::string_view name;
  const Shape* shape;
};
void check_tensors(const Network& network, const std::vector<NamedShape>& stored);

}  // namespace mx
