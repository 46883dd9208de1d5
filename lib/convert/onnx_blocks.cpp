// SPDX-License-Identifier: Apache-2.0
#include "convert/onnx_blocks.h"

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "base/error.h"

namespace mx {
namespace {

using Value = OnnxGraph::Value;

// What is made of each block. On tokens x is [batch, time, dim], and behind a pool [batch, dim].
class Blocks {
 public:
  Blocks(OnnxGraph& graph, OnnxWeights& weights, const Network& network)
      : graph_(graph), weights_(weights), network_(network), tokens_(takes_tokens(network)) {
    if (!tokens_) return;
    const OnnxShape shape = {"batch", "time"};
    ids_ = graph.input("input_ids", OnnxType::i64, shape,
                       "Tokens of a text, at most " + std::to_string(context_of(network)));
    mask_ = graph.input("attention_mask", OnnxType::i64, shape,
                        "1 for each token, 0 for the padding behind");
    graph.enter("tokens");
    time_ = graph.add("Shape", {ids_}, {{"start", 1}, {"end", 2}});
  }

  [[nodiscard]] Value run(Value x) {
    for (const Block& block : network_.blocks) x = run(block, x);
    return x;
  }

 private:
  using Sizes = std::vector<std::int64_t>;

  Value run(const Block& block, const Value& x) {
    graph_.enter(name_of(block));
    return std::visit([&](const auto& one) { return make(one, x); }, block.any);
  }

  Value make(const InputBlock& /*block*/, const Value& x) { return x; }
  Value make(const Dropout& /*block*/, const Value& x) { return x; }
  Value make(const Linear& block, const Value& x) {
    return map(x, block.tied.empty() ? block.name + ".weight" : block.tied,
               block.bias ? block.name + ".bias" : "");
  }
  Value make(const Conv2d& block, const Value& x) {
    only_rows(block);
    std::vector<Value> inputs = {x, weights_.plain(block.name + ".weight")};
    if (block.bias) inputs.push_back(weights_.plain(block.name + ".bias"));
    return graph_.add("Conv", inputs,
                      {{"kernel_shape", Sizes{block.kernel, block.kernel}},
                       {"strides", Sizes{block.stride, block.stride}},
                       {"pads", Sizes(4, block.padding)}});
  }
  Value make(const Pool2d& block, const Value& x) {
    only_rows(block);
    return graph_.add(block.max ? "MaxPool" : "AveragePool", {x},
                      {{"kernel_shape", Sizes{block.size, block.size}},
                       {"strides", Sizes{block.stride, block.stride}}});
  }
  Value make(const Activation& block, const Value& x) { return activated(block.kind, x); }
  Value make(const BatchNorm& block, const Value& x) {
    only_rows(block);
    std::vector<Value> inputs = {x};
    for (const char* role : {".weight", ".bias", ".mean", ".var"}) {
      inputs.push_back(weights_.plain(block.name + role));
    }
    return graph_.add("BatchNormalization", inputs, {{"epsilon", static_cast<float>(block.eps)}});
  }
  Value make(const LayerNorm& block, const Value& x) {
    return graph_.add(
        "LayerNormalization",
        {x, weights_.plain(block.name + ".weight"), weights_.plain(block.name + ".bias")},
        {{"axis", -1}, {"epsilon", static_cast<float>(block.eps)}});
  }
  Value make(const RmsNorm& block, const Value& x) {
    return root_mean_square(x, block.eps, block.name + ".weight");
  }
  Value make(const Embedding& block, const Value& /*x*/) {
    Value x = graph_.add("Gather", {weights_.plain(block.name + ".tokens"), ids_});
    if (block.positions > 0) {
      x = graph_.add("Add", {x, until_now(weights_.plain(block.name + ".positions"))});
    }
    if (block.types > 0) {
      const Value types = weights_.plain(block.name + ".types");
      x = graph_.add("Add", {x, graph_.add("Gather", {types, graph_.integer(0)})});
    }
    return x;
  }
  Value make(const Attention& block, const Value& x) {
    only_tokens(block);
    const auto heads = [&](const char* role, std::int64_t count) {
      const std::string name = fmt::format("{}.{}", block.name, role);
      const Value flat = map(x, name, block.bias ? name + "_bias" : "");
      const Value split =
          graph_.add("Reshape", {flat, graph_.integers({0, 0, count, block.head_dim})});
      return graph_.add("Transpose", {split}, {{"perm", Sizes{0, 2, 1, 3}}});
    };
    const Value query = placed(block, heads("query", block.heads), "query_norm");
    const Value key = repeated(block, placed(block, heads("key", block.kv_heads), "key_norm"));
    const Value value = repeated(block, heads("value", block.kv_heads));
    const Value turned = graph_.add("Transpose", {key}, {{"perm", Sizes{0, 1, 3, 2}}});
    const double scale = 1 / std::sqrt(static_cast<double>(block.head_dim));
    Value scores = graph_.add(
        "Mul", {graph_.add("MatMul", {query, turned}), graph_.number(static_cast<float>(scale))});
    // Not minus infinity: a row in which nothing is seen must not become NaN.
    const Value nothing = graph_.number(std::numeric_limits<float>::lowest());
    scores = graph_.add("Where", {seen(block.causal), scores, nothing});
    const Value shares = graph_.add("Softmax", {scores}, {{"axis", -1}});
    Value out = graph_.add("MatMul", {shares, value});
    out = graph_.add("Transpose", {out}, {{"perm", Sizes{0, 2, 1, 3}}});
    out = graph_.add("Reshape", {out, graph_.integers({0, 0, block.heads * block.head_dim})});
    return map(out, block.name + ".output", block.output_bias ? block.name + ".output_bias" : "");
  }
  Value make(const FeedForward& block, const Value& x) {
    const auto part = [&](const char* role, const Value& from) {
      const std::string name = fmt::format("{}.{}", block.name, role);
      return map(from, name, block.bias ? name + "_bias" : "");
    };
    const Value up = part("up", x);
    if (!block.gated) return part("down", activated(block.activation, up));
    const Value gate = activated(block.activation, part("gate", x));
    return part("down", graph_.add("Mul", {gate, up}));
  }
  Value make(const TokenPool& block, const Value& x) {
    only_tokens(block);
    graph_.enter("pool");
    if (block.first) return graph_.add("Gather", {x, graph_.integer(0)}, {{"axis", 1}});
    const Value axis = graph_.integers({1});
    const Value real = graph_.add(
        "Unsqueeze", {graph_.add("Cast", {mask_}, {{"to", kOnnxF32}}), graph_.integers({2})});
    const auto sum = [&](const Value& of) {
      return graph_.add("ReduceSum", {of, axis}, {{"keepdims", 0}});
    };
    const Value count = graph_.add("Max", {sum(real), graph_.number(1)});
    return graph_.add("Div", {sum(graph_.add("Mul", {x, real})), count});
  }
  Value make(const Residual& block, const Value& x) {
    Value y = x;
    for (const Block& inside : block.blocks) y = run(inside, y);
    graph_.enter("residual");
    return graph_.add("Add", {x, y});
  }
  Value make(const Flatten& block, const Value& x) {
    only_rows(block);
    return graph_.add("Flatten", {x}, {{"axis", 1}});
  }

  Value map(const Value& x, const std::string& weight, const std::string& bias) {
    const Value y = graph_.add("MatMul", {x, weights_.map(weight)});
    return bias.empty() ? y : graph_.add("Add", {y, weights_.plain(bias)});
  }
  Value root_mean_square(const Value& x, double eps, const std::string& weight) {
    const Value squares = graph_.add("Pow", {x, graph_.number(2)});
    const Value mean = graph_.add("ReduceMean", {squares}, {{"axes", Sizes{-1}}});
    const Value root =
        graph_.add("Sqrt", {graph_.add("Add", {mean, graph_.number(static_cast<float>(eps))})});
    return graph_.add("Mul", {graph_.add("Div", {x, root}), weights_.plain(weight)});
  }
  // Spelt as PyTorch's exporters spell them, so that programs which fuse those fuse these.
  Value activated(Act kind, const Value& x) {
    const auto number = [&](double value) { return graph_.number(static_cast<float>(value)); };
    switch (kind) {
      case Act::relu:
        return graph_.add("Relu", {x});
      case Act::tanh:
        return graph_.add("Tanh", {x});
      case Act::silu:
        return graph_.add("Mul", {x, graph_.add("Sigmoid", {x})});
      case Act::gelu: {
        const Value erf = graph_.add("Erf", {graph_.add("Div", {x, number(std::sqrt(2.0))})});
        const Value twice = graph_.add("Mul", {x, graph_.add("Add", {erf, number(1)})});
        return graph_.add("Mul", {twice, number(0.5)});
      }
      case Act::gelu_tanh: {
        const Value cube = graph_.add("Mul", {graph_.add("Pow", {x, number(3)}), number(0.044715)});
        const Value inside =
            graph_.add("Mul", {graph_.add("Add", {x, cube}), number(std::sqrt(M_2_PI))});
        const Value wide = graph_.add("Add", {graph_.add("Tanh", {inside}), number(1)});
        return graph_.add("Mul", {graph_.add("Mul", {x, number(0.5)}), wide});
      }
      case Act::none:
        break;
    }
    return x;
  }
  // As many rows as there are tokens, of a table with one for each position.
  Value until_now(const Value& table) {
    return graph_.add("Slice", {table, graph_.integers({0}), time_, graph_.integers({0})});
  }
  // x: [batch, heads, time, head_dim], each head normalized, then turned by its position.
  Value placed(const Attention& block, const Value& x, const char* norm) {
    if (block.norm_eps <= 0) return rotated(block, x);
    return rotated(block,
                   root_mean_square(x, block.norm_eps, fmt::format("{}.{}", block.name, norm)));
  }
  // Pair i of a head is its numbers i and i + head_dim / 2.
  Value rotated(const Attention& block, const Value& x) {
    if (block.rope <= 0) return x;
    const std::int64_t half = block.head_dim / 2;
    const auto [cosine, sine] = rotations(block);
    const std::vector<Value> halves =
        graph_.add("Split", {x, graph_.integers({half, half})}, {{"axis", -1}}, 2);
    const auto turned = [&](const char* op, const Value& by_cosine, const Value& by_sine) {
      return graph_.add(
          op, {graph_.add("Mul", {by_cosine, cosine}), graph_.add("Mul", {by_sine, sine})});
    };
    return graph_.add("Concat",
                      {turned("Sub", halves[0], halves[1]), turned("Add", halves[1], halves[0])},
                      {{"axis", -1}});
  }
  // Cosines and sines of each position and pair, [time, head_dim / 2]: one table for all blocks
  // that turn alike.
  std::pair<Value, Value> rotations(const Attention& block) {
    const std::vector<PairTurn> turns = pair_turns(block);
    auto& values = rotations_[turns];
    if (!values.first.empty()) return values;
    const std::string before = graph_.enter("rotation");
    const auto table = [&](const char* name, double (*of)(double)) {
      const std::int64_t context = context_of(network_);
      const Shape shape = {context, block.head_dim / 2};
      const std::string place = fmt::format("rotation/{}/{}", rotations_.size() - 1, name);
      return until_now(graph_.stored(place, DType::f32, shape, [=] {
        Tensor out(DType::f32, shape);
        float* to = out.as<float>().data();
        for (std::int64_t position = 0; position < context; ++position) {
          for (const PairTurn& turn : turns) {
            *to++ = static_cast<float>(of(static_cast<double>(position) * turn.speed) * turn.scale);
          }
        }
        return out;
      }));
    };
    values = {table("cos", std::cos), table("sin", std::sin)};
    graph_.enter(before);
    return values;
  }
  // Each key and value head once for every query head that reads it.
  Value repeated(const Attention& block, const Value& x) {
    const std::int64_t times = block.heads / block.kv_heads;
    if (times == 1) return x;
    const Value each = graph_.add("Unsqueeze", {x, graph_.integers({2})});
    const Value wide = graph_.add("Expand", {each, graph_.integers({1, 1, times, 1, 1})});
    return graph_.add("Reshape", {wide, graph_.integers({0, block.heads, -1, block.head_dim})});
  }
  // Whether a token sees another: [batch, 1, 1 or time, time].
  Value seen(bool causal) {
    Value& value = seen_[causal ? 1 : 0];
    if (!value.empty()) return value;
    const std::string before = graph_.enter("mask");
    if (causal) {
      const Value end = graph_.add("Squeeze", {time_, graph_.integers({0})});
      const Value places = graph_.add("Range", {graph_.integer(0), end, graph_.integer(1)});
      const Value rows = graph_.add("Unsqueeze", {places, graph_.integers({1})});
      value = graph_.add("And", {seen(false), graph_.add("LessOrEqual", {places, rows})});
    } else {
      const Value real = graph_.add("Cast", {mask_}, {{"to", kOnnxBoolean}});
      value = graph_.add("Unsqueeze", {real, graph_.integers({1, 2})});
    }
    graph_.enter(before);
    return value;
  }

  template <class T>
  void only_rows(const T& block) const {
    if (!tokens_) return;
    fail(Kind::input, "the block type '{}' cannot follow tokens", type_of({block}));
  }
  template <class T>
  void only_tokens(const T& block) const {
    if (tokens_) return;
    fail(Kind::input, "the block type '{}' is not run on rows", type_of({block}));
  }

  OnnxGraph& graph_;
  OnnxWeights& weights_;
  const Network& network_;
  bool tokens_;
  Value ids_, mask_, time_;  // time_: [1]
  std::array<Value, 2> seen_;
  std::map<std::vector<PairTurn>, std::pair<Value, Value>> rotations_;
};

}  // namespace

OnnxGraph::Value add_network(OnnxGraph& graph, OnnxWeights& weights, const Network& network,
                             const OnnxGraph::Value& x) {
  return Blocks(graph, weights, network).run(x);
}

}  // namespace mx
