// SPDX-License-Identifier: Apache-2.0
#include "net/families.h"

#include <array>

#include "base/checked.h"
#include "base/error.h"

namespace mx {
namespace {

// Convolutions are 5x5 and keep height and width (padding 2); each is followed by a 2x2 max pool
// that halves them. So 28x28 becomes 14x14, then 7x7, and 8x8 becomes 4x4, then 2x2.
constexpr std::int64_t kKernel = 5;
constexpr std::int64_t kPool = 2;

class Builder {
 public:
  Builder(const ModelOptions& options, const Shape& input) : options_(options), shape_(input) {
    add(InputBlock{input});
  }

  void convolutions() {
    if (shape_.size() != 3) {
      throw Error{Kind::usage, fmt::format("a cnn takes images, not rows of {}", to_string(shape_)),
                  "say how a row is laid out with --input-shape CHANNELS,HEIGHT,WIDTH"};
    }
    for (const std::int64_t channels : options_.channels) {
      if (shape_[1] < kPool || shape_[2] < kPool) {
        throw Error{Kind::usage,
                    fmt::format("{} convolutions are too many: each halves the image, and {} "
                                "cannot be halved",
                                options_.channels.size(), to_string(shape_)),
                    "give fewer --channels"};
      }
      add(Conv2d{.name = next_name(),
                 .in = shape_[0],
                 .out = channels,
                 .kernel = kKernel,
                 .stride = 1,
                 .padding = kKernel / 2});
      activation();
      add(Pool2d{.max = true, .size = kPool, .stride = kPool});
      shape_ = {channels, shape_[1] / kPool, shape_[2] / kPool};
    }
  }

  void perceptron(std::int64_t outputs) {
    if (shape_.size() > 1) add(Flatten{});
    std::int64_t width = narrow<std::int64_t>(element_count(shape_), "a row");
    for (const std::int64_t hidden : options_.hidden) {
      add(Linear{.name = next_name(), .in = width, .out = hidden});
      activation();
      if (options_.dropout > 0) add(Dropout{options_.dropout});
      width = hidden;
    }
    add(Linear{.name = "head", .in = width, .out = outputs});
  }

  [[nodiscard]] Network finish() {
    try {
      check_network(network_);
    } catch (const Error& error) {
      throw Error{Kind::usage, error.message()};
    }
    return std::move(network_);
  }

 private:
  void add(Block::Any block) { network_.blocks.push_back({std::move(block)}); }
  void activation() {
    if (options_.activation != Act::none) add(Activation{options_.activation});
  }
  std::string next_name() { return std::to_string(names_++); }

  const ModelOptions& options_;
  Shape shape_;
  Network network_;
  int names_ = 0;
};

template <class E>
Word word(E value) {
  return {name_of(value), static_cast<int>(value)};
}

constexpr std::array<std::string_view, 5> kFamilies = {"mlp", "cnn", "gpt", "llama", "bert"};

}  // namespace

std::string_view name_of(Family family) { return kFamilies.at(static_cast<std::size_t>(family)); }

bool takes_tokens(Family family) { return family != Family::mlp && family != Family::cnn; }

Fields ModelOptions::fields() {
  return {
      {"Model", "model", "Kind of network to build.",
       choice(family, {word(Family::mlp), word(Family::cnn), word(Family::gpt), word(Family::llama),
                       word(Family::bert)})},
      {"Model", "hidden", "Widths of the hidden layers of an mlp, and behind a cnn's convolutions.",
       &hidden, Range{1, 1 << 24}},
      {"Model", "channels", "Channels of a cnn's convolutions (5x5, each with a 2x2 max pool).",
       &channels, Range{1, 1 << 24}},
      {"Model", "activation", "Function between the layers of an mlp or cnn.",
       choice(activation, {word(Act::relu), word(Act::gelu), word(Act::tanh), word(Act::none)})},
      {"Model", "layers",
       "Layers of a gpt, llama or bert: attention and feed-forward (default: 4).", &layers,
       Range{1, 4096}},
      {"Model", "heads", "Attention heads of each layer (default: 4).", &heads, Range{1, 1 << 16}},
      {"Model", "kv-heads", "Keys and values that the heads share (default: one for each head).",
       &kv_heads, Range{1, 1 << 16}},
      {"Model", "dim", "Numbers that stand for a token between the layers (default: 128).", &dim,
       Range{1, 1 << 20}},
      {"Model", "feedforward",
       "Width inside a feed-forward map (default: 4 times --dim; llama: 8/3 of it).", &feedforward,
       Range{1, 1 << 24}},
      {"Model", "context", "Tokens that are seen at once, at most (default: 128).", &context,
       Range{1, 1 << 24}},
      {"Model", "dropout", "Share of hidden values dropped while training.", &dropout,
       Range{0, 0.99}},
  };
}

Network build(const ModelOptions& options, const Shape& input, std::int64_t outputs) {
  if (takes_tokens(options.family)) {
    throw Error{Kind::usage, fmt::format("a {} takes text, not rows", name_of(options.family)),
                "--model mlp or cnn; or name the column of text with --text"};
  }
  Builder builder(options, input);
  if (options.family == Family::cnn) builder.convolutions();
  builder.perceptron(outputs);
  return builder.finish();
}

}  // namespace mx
