// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "convert/hf_builder.h"
#include "convert/rope.h"

namespace mx {
namespace {

class Llama final : HfBuilder {
 public:
  Llama(HfConfig& config, const HfModel& model, std::string type)
      : HfBuilder(config, model), type_(std::move(type)) {}

  HfPlan plan() {
    dim_ = config_.size("hidden_size");
    hidden_ = config_.size("intermediate_size");
    heads_ = config_.size("num_attention_heads");
    kv_ = config_.size("num_key_value_heads", heads_);
    head_dim_ = config_.size("head_dim", std::max<std::int64_t>(1, dim_ / heads_));
    eps_ = config_.number("rms_norm_eps", type_ == "phi3" ? 1e-5 : 1e-6);
    act_ = config_.act("hidden_act");
    attention_bias_ = config_.flag("attention_bias", false);
    mlp_bias_ = config_.flag("mlp_bias", false);
    config_.only("pretraining_tp", 1);
    const std::int64_t layers = count("num_hidden_layers");
    rope_ = read_rope(config_, head_dim_, config_.size("max_position_embeddings"), type_ == "phi3");
    start(std::min(rope_.context, window()), dim_, 0, 0, "model.embed_tokens.weight");
    for (std::int64_t i = 0; i < layers; ++i) {
      layer(fmt::format("{}.", i), fmt::format("model.layers.{}.", i));
    }
    add(rms("norm", dim_, eps_, "model.norm"));
    head(dim_, config_.flag("tie_word_embeddings", false), "lm_head", false);
    plan_.family = "llama";
    return std::move(plan_);
  }

 private:
  void layer(const std::string& ours, const std::string& theirs) {
    const bool qkv_bias = attention_bias_ || type_ == "qwen2";
    const bool normalizes = type_ == "qwen3";
    Residual attention, feedforward;
    attention.blocks.push_back({rms(ours + "norm1", dim_, eps_, theirs + "input_layernorm")});
    attention.blocks.push_back({Attention{.name = ours + "attn",
                                          .dim = dim_,
                                          .heads = heads_,
                                          .kv_heads = kv_,
                                          .head_dim = head_dim_,
                                          .causal = true,
                                          .bias = qkv_bias,
                                          .output_bias = attention_bias_,
                                          .rope = rope_.base,
                                          .rope_factors = rope_.factors,
                                          .rope_scale = rope_.scale,
                                          .norm_eps = normalizes ? eps_ : 0}});
    const std::string attn = theirs + "self_attn.", mlp = theirs + "mlp.";
    const std::int64_t wide = heads_ * head_dim_, shared = kv_ * head_dim_;
    if (type_ == "phi3") {  // one map for all three, and one for the two of the feed-forward block
      map(ours + "attn.query", attn + "qkv_proj", qkv_bias, 0, wide);
      map(ours + "attn.key", attn + "qkv_proj", qkv_bias, wide, shared);
      map(ours + "attn.value", attn + "qkv_proj", qkv_bias, wide + shared, shared);
      map(ours + "ff.gate", mlp + "gate_up_proj", mlp_bias_, 0, hidden_);
      map(ours + "ff.up", mlp + "gate_up_proj", mlp_bias_, hidden_, hidden_);
    } else {
      map(ours + "attn.query", attn + "q_proj", qkv_bias);
      map(ours + "attn.key", attn + "k_proj", qkv_bias);
      map(ours + "attn.value", attn + "v_proj", qkv_bias);
      map(ours + "ff.gate", mlp + "gate_proj", mlp_bias_);
      map(ours + "ff.up", mlp + "up_proj", mlp_bias_);
    }
    map(ours + "attn.output", attn + "o_proj", attention_bias_);
    map(ours + "ff.down", mlp + "down_proj", mlp_bias_);
    if (rope_.rotary != head_dim_) {
      for (const char* const role :
           {"attn.query", "attn.key", "attn.query_bias", "attn.key_bias"}) {
        const auto part = plan_.parts.find(ours + role);
        if (part == plan_.parts.end()) continue;
        part->second.head_dim = head_dim_;
        part->second.rotary = rope_.rotary;
      }
    }
    if (normalizes) {
      plan_.parts[ours + "attn.query_norm"] = {attn + "q_norm.weight"};
      plan_.parts[ours + "attn.key_norm"] = {attn + "k_norm.weight"};
    }
    feedforward.blocks.push_back(
        {rms(ours + "norm2", dim_, eps_, theirs + "post_attention_layernorm")});
    feedforward.blocks.push_back({FeedForward{.name = ours + "ff",
                                              .dim = dim_,
                                              .hidden = hidden_,
                                              .activation = act_,
                                              .gated = true,
                                              .bias = mlp_bias_}});
    add(std::move(attention));
    add(std::move(feedforward));
    plan_.idle.insert(attn + "rotary_emb.inv_freq");
  }

  // With attention over a window of the last tokens, as many as the window has: there it is the
  // same.
  std::int64_t window() {
    const std::int64_t all = config_.size("max_position_embeddings");
    const bool windows = config_.flag("use_sliding_window", type_ != "qwen2" && type_ != "qwen3");
    if (const Json* const types = config_.find("layer_types")) {
      for (const Json& type : *types) {
        if (type != Json("full_attention") && type != Json("sliding_attention")) {
          config_.refuse("layer_types");
        }
      }
    }
    const std::int64_t window = config_.size("sliding_window", all);
    return windows ? std::min(all, window) : all;
  }

  std::string type_;
  std::int64_t dim_ = 0, hidden_ = 0, heads_ = 0, kv_ = 0, head_dim_ = 0;
  double eps_ = 0;
  Act act_ = Act::silu;
  bool attention_bias_ = false, mlp_bias_ = false;
  Rope rope_;
};

class Gpt2 final : HfBuilder {
 public:
  using HfBuilder::HfBuilder;

  HfPlan plan() {
    const std::string prefix = has("transformer.wte.weight") ? "transformer." : "";
    const std::int64_t positions = config_.size("n_positions");
    dim_ = config_.size("n_embd");
    heads_ = config_.size("n_head");
    hidden_ = config_.size("n_inner", 4 * dim_);
    eps_ = config_.number("layer_norm_epsilon", 1e-5);
    act_ = config_.act("activation_function");
    config_.only("scale_attn_weights", true);
    config_.only("scale_attn_by_inverse_layer_idx", false);
    config_.only("add_cross_attention", false);
    const std::int64_t layers = count("n_layer");
    start(positions, dim_, positions, 0, prefix + "wte.weight", prefix + "wpe.weight");
    for (std::int64_t i = 0; i < layers; ++i) {
      layer(fmt::format("{}.", i), fmt::format("{}h.{}.", prefix, i));
    }
    add(layer_norm("norm", dim_, eps_, prefix + "ln_f"));
    head(dim_, config_.flag("tie_word_embeddings", true), "lm_head", false);
    plan_.family = "gpt";
    return std::move(plan_);
  }

 private:
  void layer(const std::string& ours, const std::string& theirs) {
    Residual attention, feedforward;
    attention.blocks.push_back({layer_norm(ours + "norm1", dim_, eps_, theirs + "ln_1")});
    attention.blocks.push_back({Attention{.name = ours + "attn",
                                          .dim = dim_,
                                          .heads = heads_,
                                          .kv_heads = heads_,
                                          .head_dim = std::max<std::int64_t>(1, dim_ / heads_)}});
    // One map for all three, with the inputs first.
    constexpr std::array<const char*, 3> kRoles = {"query", "key", "value"};
    for (std::size_t r = 0; r < kRoles.size(); ++r) {
      turned(fmt::format("{}attn.{}", ours, kRoles[r]), theirs + "attn.c_attn",
             static_cast<std::int64_t>(r) * dim_, dim_);
    }
    turned(ours + "attn.output", theirs + "attn.c_proj");
    feedforward.blocks.push_back({layer_norm(ours + "norm2", dim_, eps_, theirs + "ln_2")});
    feedforward.blocks.push_back(
        {FeedForward{.name = ours + "ff", .dim = dim_, .hidden = hidden_, .activation = act_}});
    turned(ours + "ff.up", theirs + "mlp.c_fc");
    turned(ours + "ff.down", theirs + "mlp.c_proj");
    add(std::move(attention));
    add(std::move(feedforward));
    plan_.idle.insert(theirs + "attn.bias");  // the mask
    plan_.idle.insert(theirs + "attn.masked_bias");
  }

  std::int64_t dim_ = 0, heads_ = 0, hidden_ = 0;
  double eps_ = 0;
  Act act_ = Act::gelu_tanh;
};

}  // namespace

HfPlan plan_llama(HfConfig& config, const HfModel& model, const std::string& type) {
  return Llama(config, model, type).plan();
}
HfPlan plan_gpt2(HfConfig& config, const HfModel& model) { return Gpt2(config, model).plan(); }

}  // namespace mx
