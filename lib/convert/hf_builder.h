// SPDX-License-Identifier: Apache-2.0
// What the plans of all families are put together with.
#pragma once

#include <string>
#include <utility>

#include "convert/hf_plan.h"

namespace mx {

class HfBuilder {
 public:
  HfBuilder(HfConfig& config, const HfModel& model) : config_(config), model_(model) {}

 protected:
  void add(Block::Any block) { plan_.network.blocks.push_back({std::move(block)}); }
  [[nodiscard]] bool has(const std::string& tensor) const { return model_.names.contains(tensor); }

  // Layers; each has tensors of its own.
  [[nodiscard]] std::int64_t count(std::string_view key) {
    const std::int64_t layers = config_.size(key);
    if (layers > model_.most_layers) config_.refuse(key, "more than there are tensors");
    return layers;
  }

  // A linear map with the role of our tensor, "0.attn.query"; of several in one, the rows from
  // `begin` on.
  void map(const std::string& ours, const std::string& theirs, bool bias, std::int64_t begin = 0,
           std::int64_t rows = -1) {
    plan_.parts[ours] = {theirs + ".weight", false, begin, rows};
    if (bias) plan_.parts[ours + "_bias"] = {theirs + ".bias", false, begin, rows};
  }
  // The same where the inputs stand first.
  void turned(const std::string& ours, const std::string& theirs, std::int64_t begin = 0,
              std::int64_t rows = -1) {
    plan_.parts[ours] = {theirs + ".weight", true, begin, rows};
    plan_.parts[ours + "_bias"] = {theirs + ".bias", false, begin, rows};
  }
  // A block's weight and bias.
  void pair(const std::string& ours, const std::string& theirs) {
    plan_.parts[ours + ".weight"] = {theirs + ".weight"};
    plan_.parts[ours + ".bias"] = {theirs + ".bias"};
  }
  Block::Any rms(const std::string& ours, std::int64_t dim, double eps, const std::string& theirs) {
    plan_.parts[ours + ".weight"] = {theirs + ".weight"};
    return RmsNorm{.name = ours, .dim = dim, .eps = eps};
  }
  Block::Any layer_norm(const std::string& ours, std::int64_t dim, double eps,
                        const std::string& theirs) {
    pair(ours, theirs);
    if (has(theirs + ".gamma")) {  // as TensorFlow names them, in the oldest models
      plan_.parts[ours + ".weight"] = {theirs + ".gamma"};
      plan_.parts[ours + ".bias"] = {theirs + ".beta"};
    }
    return LayerNorm{.name = ours, .dim = dim, .eps = eps};
  }
  Block::Any linear(const std::string& ours, std::int64_t in, std::int64_t out,
                    const std::string& theirs) {
    pair(ours, theirs);
    return Linear{.name = ours, .in = in, .out = out};
  }

  // Input and embedding. `places`, `kinds`: tables of positions and types, where there are any;
  // the first `skipped` rows of the former stand for no position.
  void start(std::int64_t context, std::int64_t dim, std::int64_t positions, std::int64_t types,
             const std::string& tokens, const std::string& places = "",
             const std::string& kinds = "", std::int64_t skipped = 0) {
    vocab_ = config_.size("vocab_size");
    add(InputBlock{.shape = {}, .tokens = context});
    add(Embedding{
        .name = "embed", .vocab = vocab_, .dim = dim, .positions = positions, .types = types});
    plan_.parts["embed.tokens"] = {tokens};
    if (positions > 0) {
      plan_.parts["embed.positions"] = {places, false, skipped, skipped > 0 ? positions : -1};
    }
    if (types > 0) plan_.parts["embed.types"] = {kinds};
  }
  void head(std::int64_t dim, bool tied, const std::string& theirs, bool bias) {
    add(Linear{.name = "head",
               .in = dim,
               .out = vocab_,
               .bias = bias,
               .tied = tied ? "embed.tokens" : ""});
    if (tied) {
      plan_.idle.insert(theirs + ".weight");
    } else {
      plan_.parts["head.weight"] = {theirs + ".weight"};
    }
  }

  HfConfig& config_;
  const HfModel& model_;
  HfPlan plan_ = {};
  std::int64_t vocab_ = 0;
};

// The families' plans.
[[nodiscard]] HfPlan plan_llama(HfConfig& config, const HfModel& model, const std::string& type);
[[nodiscard]] HfPlan plan_gpt2(HfConfig& config, const HfModel& model);
[[nodiscard]] HfPlan plan_bert(HfConfig& config, const HfModel& model, bool roberta);
[[nodiscard]] HfPlan plan_distilbert(HfConfig& config, const HfModel& model);

}  // namespace mx
