// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/error.h"
#include "convert/hf_builder.h"

namespace mx {
namespace {

// Where a family keeps the parts of a layer.
struct LayerNames {
  const char *query, *key, *value, *output, *norm1, *up, *down, *norm2;
};
constexpr LayerNames kBert = {"attention.self.query",
                              "attention.self.key",
                              "attention.self.value",
                              "attention.output.dense",
                              "attention.output.LayerNorm",
                              "intermediate.dense",
                              "output.dense",
                              "output.LayerNorm"};
constexpr LayerNames kDistilBert = {"attention.q_lin",   "attention.k_lin",  "attention.v_lin",
                                    "attention.out_lin", "sa_layer_norm",    "ffn.lin1",
                                    "ffn.lin2",          "output_layer_norm"};

class Encoder : protected HfBuilder {
 protected:
  using HfBuilder::HfBuilder;

  void layer(const std::string& ours, const std::string& theirs, const LayerNames& names) {
    Residual attention, feedforward;
    attention.blocks.push_back({Attention{.name = ours + "attn",
                                          .dim = dim_,
                                          .heads = heads_,
                                          .kv_heads = heads_,
                                          .head_dim = std::max<std::int64_t>(1, dim_ / heads_),
                                          .causal = false}});
    map(ours + "attn.query", theirs + names.query, true);
    map(ours + "attn.key", theirs + names.key, true);
    map(ours + "attn.value", theirs + names.value, true);
    map(ours + "attn.output", theirs + names.output, true);
    feedforward.blocks.push_back(
        {FeedForward{.name = ours + "ff", .dim = dim_, .hidden = hidden_, .activation = act_}});
    map(ours + "ff.up", theirs + names.up, true);
    map(ours + "ff.down", theirs + names.down, true);
    add(std::move(attention));
    add(layer_norm(ours + "norm1", dim_, eps_, theirs + names.norm1));
    add(std::move(feedforward));
    add(layer_norm(ours + "norm2", dim_, eps_, theirs + names.norm2));
  }
  void embed(const std::string& prefix, std::int64_t positions, std::int64_t types,
             std::int64_t skipped) {
    const std::string embed = prefix + "embeddings.";
    const bool shorter = model_.pooling && model_.pooling->longest > 0;
    start(shorter ? std::min(positions, model_.pooling->longest) : positions, dim_, positions,
          types, embed + "word_embeddings.weight", embed + "position_embeddings.weight",
          embed + "token_type_embeddings.weight", skipped);
    plan_.idle.insert(embed + "position_ids");
    add(layer_norm("embed.norm", dim_, eps_, embed + "LayerNorm"));
  }
  // A masked language model's: transform, activation, norm, and the tied head with a bias of
  // its own.
  void masked_head(Act act, const std::string& transform, const std::string& norm,
                   const std::string& bias, const std::string& decoder) {
    config_.only("tie_word_embeddings", true);
    add(linear("transform", dim_, dim_, transform));
    add(Activation{act});
    add(layer_norm("transform.norm", dim_, eps_, norm));
    head(dim_, true, decoder, true);
    plan_.parts["head.bias"] = {bias};
    if (bias != decoder + ".bias") plan_.idle.insert(decoder + ".bias");
  }
  // What was trained along with it, and is not asked.
  void idle(const std::string& map) {
    plan_.idle.insert(map + ".weight");
    plan_.idle.insert(map + ".bias");
  }
  // A classifier's: a layer on the first token, then the classes.
  void class_head(Act act, const std::string& pooler, const std::string& classes) {
    (void)config_.flag("tie_word_embeddings", true);
    add(TokenPool{.first = true});
    add(linear("pooler", dim_, dim_, pooler));
    add(Activation{act});
    plan_.classes_from = classes + ".weight";
    add(linear("head", dim_, 0, classes));
  }
  void sentence_head(const std::string& pooler) {
    (void)config_.flag("tie_word_embeddings", true);
    if (!model_.pooling) {
      throw Error{Kind::input, "the model is an encoder without a head, which is not known here",
                  "known are the heads of masked language models and of classifiers, and "
                  "modules.json of sentence-transformers; the safetensors file by itself is kept "
                  "as tensors"};
    }
    add(TokenPool{.first = model_.pooling->first});
    idle(pooler);
  }

  std::int64_t dim_ = 0, heads_ = 0, hidden_ = 0;
  double eps_ = 1e-12;
  Act act_ = Act::gelu;
};

class Bert final : Encoder {
 public:
  Bert(HfConfig& config, const HfModel& model, bool roberta)
      : Encoder(config, model), roberta_(roberta) {}

  HfPlan plan() {
    dim_ = config_.size("hidden_size");
    heads_ = config_.size("num_attention_heads");
    hidden_ = config_.size("intermediate_size");
    eps_ = config_.number("layer_norm_eps", 1e-12);
    act_ = config_.act("hidden_act");
    config_.only("position_embedding_type", "absolute");
    config_.only("is_decoder", false);
    config_.only("add_cross_attention", false);
    const std::string family = roberta_ ? "roberta." : "bert.";
    const std::string prefix = has("embeddings.word_embeddings.weight") ? "" : family;
    // RoBERTa counts positions from behind the number of its padding token.
    const std::int64_t skipped = roberta_ ? config_.size("pad_token_id", 1) + 1 : 0;
    const std::int64_t positions = config_.size("max_position_embeddings") - skipped;
    if (positions < 1) config_.refuse("max_position_embeddings", "which leaves no position");
    const std::int64_t layers = count("num_hidden_layers");
    embed(prefix, positions, config_.size("type_vocab_size"), skipped);
    for (std::int64_t i = 0; i < layers; ++i) {
      layer(fmt::format("{}.", i), fmt::format("{}encoder.layer.{}.", prefix, i), kBert);
    }
    heads(prefix);
    plan_.family = "bert";
    return std::move(plan_);
  }

 private:
  void heads(const std::string& prefix) {
    const std::string pooler = prefix + "pooler.dense";
    if (roberta_ && has("lm_head.dense.weight")) {
      idle(pooler);
      masked_head(Act::gelu, "lm_head.dense", "lm_head.layer_norm", "lm_head.bias",
                  "lm_head.decoder");
    } else if (roberta_ && has("classifier.out_proj.weight")) {
      class_head(Act::tanh, "classifier.dense", "classifier.out_proj");
    } else if (!roberta_ && has("cls.predictions.bias")) {
      idle(pooler);
      idle("cls.seq_relationship");  // whether a sentence follows another
      masked_head(act_, "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm",
                  "cls.predictions.bias", "cls.predictions.decoder");
    } else if (!roberta_ && has("classifier.weight")) {
      class_head(Act::tanh, pooler, "classifier");
    } else {
      sentence_head(pooler);
    }
  }

  bool roberta_;
};

class DistilBert final : Encoder {
 public:
  using Encoder::Encoder;

  HfPlan plan() {
    dim_ = config_.size("dim");
    heads_ = config_.size("n_heads");
    hidden_ = config_.size("hidden_dim");
    act_ = config_.act("activation");
    const std::string prefix = has("embeddings.word_embeddings.weight") ? "" : "distilbert.";
    const std::int64_t layers = count("n_layers");
    embed(prefix, config_.size("max_position_embeddings"), 0, 0);
    for (std::int64_t i = 0; i < layers; ++i) {
      layer(fmt::format("{}.", i), fmt::format("{}transformer.layer.{}.", prefix, i), kDistilBert);
    }
    if (has("vocab_transform.weight")) {
      masked_head(act_, "vocab_transform", "vocab_layer_norm", "vocab_projector.bias",
                  "vocab_projector");
    } else if (has("classifier.weight")) {
      class_head(Act::relu, "pre_classifier", "classifier");
    } else {
      sentence_head("pooler");
    }
    plan_.family = "bert";
    return std::move(plan_);
  }
};

}  // namespace

HfPlan plan_bert(HfConfig& config, const HfModel& model, bool roberta) {
  return Bert(config, model, roberta).plan();
}
HfPlan plan_distilbert(HfConfig& config, const HfModel& model) {
  return DistilBert(config, model).plan();
}

}  // namespace mx
