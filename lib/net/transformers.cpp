// SPDX-License-Identifier: Apache-2.0
// The families that take tokens.
#include "base/error.h"
#include "net/families.h"

namespace mx {
namespace {

constexpr std::int64_t kLayers = 4, kHeads = 4, kDim = 128, kContext = 128;
constexpr double kRope = 10000;
constexpr double kBertEps = 1e-12;
constexpr std::int64_t kBertTypes = 2;

class Builder {
 public:
  Builder(const ModelOptions& options, std::int64_t vocab)
      : dim_(options.dim.value_or(kDim)),
        heads_(options.heads.value_or(kHeads)),
        kv_heads_(options.kv_heads.value_or(heads_)),
        feedforward_(options.feedforward),
        dropout_(options.dropout),
        bert_(options.family == Family::bert),
        llama_(options.family == Family::llama) {
    const std::int64_t context = options.context.value_or(kContext);
    const std::int64_t layers = options.layers.value_or(kLayers);
    if (dim_ % heads_ != 0) {
      throw Error{Kind::usage,
                  fmt::format("--dim {} cannot be divided among {} heads", dim_, heads_),
                  "give a multiple of --heads"};
    }
    if (heads_ % kv_heads_ != 0) {
      throw Error{Kind::usage,
                  fmt::format("{} heads cannot share {} keys and values evenly", heads_, kv_heads_),
                  "--kv-heads must divide --heads"};
    }
    add(InputBlock{.shape = {}, .tokens = context});
    add(Embedding{.name = "embed",
                  .vocab = vocab,
                  .dim = dim_,
                  .positions = llama_ ? 0 : context,
                  .types = bert_ ? kBertTypes : 0});
    if (bert_) add(norm("embed.norm"));
    if (dropout_ > 0) add(Dropout{dropout_});
    for (std::int64_t i = 0; i < layers; ++i) layer(std::to_string(i) + ".");
    if (!bert_) add(norm("norm"));
  }

  // A language model's head, which scores each token of the vocabulary.
  Network language_model(std::int64_t vocab) {
    if (bert_) {
      add(Linear{.name = "transform", .in = dim_, .out = dim_});
      add(Activation{Act::gelu});
      add(norm("transform.norm"));
    }
    add(Linear{.name = "head",
               .in = dim_,
               .out = vocab,
               .bias = bert_,
               .tied = llama_ ? "" : "embed.tokens"});
    return finish();
  }
  Network finish() {
    try {
      check_network(network_);
    } catch (const Error& error) {
      throw Error{Kind::usage, error.message()};
    }
    return std::move(network_);
  }

 private:
  void add(Block::Any block) { network_.blocks.push_back({std::move(block)}); }
  [[nodiscard]] Block::Any norm(std::string name) const {
    if (llama_) return RmsNorm{.name = std::move(name), .dim = dim_};
    return LayerNorm{.name = std::move(name), .dim = dim_, .eps = bert_ ? kBertEps : 1e-5};
  }
  void layer(const std::string& prefix) {
    const std::int64_t usual = llama_ ? (8 * dim_ / 3 + 31) / 32 * 32 : 4 * dim_;
    part(prefix + "norm1", Attention{.name = prefix + "attn",
                                     .dim = dim_,
                                     .heads = heads_,
                                     .kv_heads = kv_heads_,
                                     .head_dim = dim_ / heads_,
                                     .causal = !bert_,
                                     .bias = !llama_,
                                     .output_bias = !llama_,
                                     .rope = llama_ ? kRope : 0,
                                     .dropout = dropout_});
    part(prefix + "norm2", FeedForward{.name = prefix + "ff",
                                       .dim = dim_,
                                       .hidden = feedforward_.value_or(usual),
                                       .activation = llama_  ? Act::silu
                                                     : bert_ ? Act::gelu
                                                             : Act::gelu_tanh,
                                       .gated = llama_,
                                       .bias = !llama_});
  }
  // One residual block with its normalization, in front (inside) or, as in bert, behind.
  void part(std::string norm_name, Block::Any inner) {
    Residual residual;
    if (!bert_) residual.blocks.push_back({norm(norm_name)});
    residual.blocks.push_back({std::move(inner)});
    if (dropout_ > 0) residual.blocks.push_back({Dropout{dropout_}});
    add(std::move(residual));
    if (bert_) add(norm(std::move(norm_name)));
  }

  std::int64_t dim_, heads_, kv_heads_;
  std::optional<std::int64_t> feedforward_;
  double dropout_;
  bool bert_, llama_;
  Network network_;
};

void check_family(const ModelOptions& options) {
  if (takes_tokens(options.family)) return;
  throw Error{Kind::usage, fmt::format("a {} takes rows, not text", name_of(options.family)),
              "--model gpt, llama or bert"};
}

bool sees_all(const Network& network) {
  bool all = true;
  walk(network, [&](const Block& block, const Shape&, const Shape&) {
    const auto* attention = std::get_if<Attention>(&block.any);
    all &= attention == nullptr || !attention->causal;
  });
  return all;
}

Network pooled(Network network, std::int64_t outputs) {
  const std::int64_t dim = output_shape(network).back();
  const bool first = sees_all(network);
  network.blocks.push_back({TokenPool{.first = first}});
  if (first) {
    network.blocks.push_back({Linear{.name = "pooler", .in = dim, .out = dim}});
    network.blocks.push_back({Activation{Act::tanh}});
  }
  network.blocks.push_back({Linear{.name = "head", .in = dim, .out = outputs}});
  check_network(network);
  return network;
}

}  // namespace

Network build_language_model(const ModelOptions& options, std::int64_t vocab) {
  check_family(options);
  return Builder(options, vocab).language_model(vocab);
}

Network build_classifier(const ModelOptions& options, std::int64_t vocab, std::int64_t outputs) {
  check_family(options);
  return pooled(Builder(options, vocab).finish(), outputs);
}

bool ends_pooled(const Network& network) {
  return !network.empty() && std::holds_alternative<TokenPool>(network.blocks.back().any);
}

Network with_pooled_head(const Network& network, std::int64_t outputs) {
  Network body = network;
  if (ends_pooled(network)) {
    body.blocks.push_back(
        {Linear{.name = "head", .in = output_shape(network).back(), .out = outputs}});
    check_network(body);
    return body;
  }
  const auto is_head = [](const Block& block) {
    return name_of(block) == "head" || name_of(block) == "transform";
  };
  const auto head = std::ranges::find_if(body.blocks, is_head);
  if (!takes_tokens(network) || head == body.blocks.end() || output_shape(network).size() != 2) {
    fail(Kind::usage, "the network is no language model: it has no head that scores tokens");
  }
  body.blocks.erase(head, body.blocks.end());
  return pooled(std::move(body), outputs);
}

}  // namespace mx
