// SPDX-License-Identifier: Apache-2.0
#include "convert/hugging_face.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/error.h"
#include "base/words.h"
#include "convert/parts.h"

namespace mx {
namespace {

// Keys that say nothing of what is computed when a model answers.
constexpr std::array kIdle = {"architectures",
                              "attention_dropout",
                              "attn_pdrop",
                              "embd_pdrop",
                              "resid_pdrop",
                              "hidden_dropout_prob",
                              "classifier_dropout",
                              "dtype",
                              "attention_probs_dropout_prob",
                              "bos_token_id",
                              "eos_token_id",
                              "pad_token_id",
                              "sep_token_id",
                              "cls_token_id",
                              "unk_token_id",
                              "torch_dtype",
                              "initializer_range",
                              "initializer_factor",
                              "transformers_version",
                              "use_cache",
                              "id2label",
                              "label2id",
                              "problem_type",
                              "task_specific_params",
                              "_name_or_path",
                              "summary_activation",
                              "summary_first_dropout",
                              "summary_proj_to_labels",
                              "summary_type",
                              "summary_use_proj",
                              "n_ctx",
                              "gradient_checkpointing",
                              "num_labels",
                              "tokenizer_class",
                              "finetuning_task",
                              "max_window_layers",
                              "model_type",
                              "return_dict"};

class Config {
 public:
  Config(const Json& json, std::string name) : json_(json), name_(std::move(name)) {
    if (!json.is_object()) fail(Kind::input, "{} is no object", name_);
    used_.insert(kIdle.begin(), kIdle.end());
  }

  [[noreturn]] void refuse(std::string_view key,
                           const std::string& why = "which is not known here") const {
    const Json value = json_.value(std::string(key), Json());
    throw Error{
        Kind::input,
        fmt::format("{} asks for {} = {}, {}", name_, key, printable(dump_json(value)), why),
        "it cannot be said by the blocks of a network"};
  }
  [[nodiscard]] const Json* find(std::string_view key) {
    used_.insert(std::string(key));
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }
  [[nodiscard]] std::int64_t size(std::string_view key,
                                  std::optional<std::int64_t> otherwise = {}) {
    const Json* const value = find(key);
    if (value == nullptr && otherwise) return *otherwise;
    if (value == nullptr) fail(Kind::input, "{} does not say {}", name_, key);
    constexpr std::int64_t kMost = 1LL << 30U;
    if (!value->is_number_integer() || value->get<std::int64_t>() < 1 ||
        value->get<std::int64_t>() > kMost) {
      refuse(key, "which is no size");
    }
    return value->get<std::int64_t>();
  }
  [[nodiscard]] double number(std::string_view key, double otherwise) {
    const Json* const value = find(key);
    if (value == nullptr) return otherwise;
    if (!value->is_number()) refuse(key, "which is no number");
    return value->get<double>();
  }
  [[nodiscard]] bool flag(std::string_view key, bool otherwise) {
    const Json* const value = find(key);
    if (value == nullptr) return otherwise;
    if (!value->is_boolean()) refuse(key, "which is neither true nor false");
    return value->get<bool>();
  }
  // Anything else than this cannot be said.
  void only(std::string_view key, const Json& known) {
    const Json* const value = find(key);
    if (value != nullptr && *value != known) refuse(key);
  }
  [[nodiscard]] Act act(std::string_view key) {
    const Json* const value = find(key);
    constexpr std::pair<std::string_view, Act> kActs[] = {{"silu", Act::silu},
                                                          {"swish", Act::silu},
                                                          {"gelu", Act::gelu},
                                                          {"gelu_new", Act::gelu_tanh},
                                                          {"gelu_pytorch_tanh", Act::gelu_tanh},
                                                          {"relu", Act::relu},
                                                          {"tanh", Act::tanh}};
    for (const auto& [word, act] : kActs) {
      if (value != nullptr && *value == Json(word)) return act;
    }
    refuse(key);
  }
  // What was asked for and by nobody read.
  void finish() const {
    for (const auto& [key, value] : json_.items()) {
      const bool nothing = value.is_null() || value == Json(false) || value == Json(0) ||
                           (value.is_structured() && value.empty()) || value == Json("");
      if (!nothing && !used_.contains(key)) refuse(key);
    }
  }

 private:
  const Json& json_;
  std::string name_;
  std::set<std::string, std::less<>> used_;
};

struct Plan {
  Network network;
  TensorPieces parts;
  std::set<std::string, std::less<>> idle;  // theirs that no network reads
};

class Plans {
 public:
  Plans(Config& config, std::set<std::string, std::less<>> names)
      : config_(config), names_(std::move(names)) {}

  // Llama 2, Mistral, Qwen2: what differs is which maps have biases.
  Plan llama(const std::string& type) {
    const std::int64_t dim = config_.size("hidden_size"),
                       hidden = config_.size("intermediate_size");
    const std::int64_t layers = count("num_hidden_layers");
    const std::int64_t heads = config_.size("num_attention_heads");
    const std::int64_t kv = config_.size("num_key_value_heads", heads);
    const std::int64_t head_dim = config_.size("head_dim", std::max<std::int64_t>(1, dim / heads));
    const double eps = config_.number("rms_norm_eps", 1e-6), rope = rope_base();
    const Act act = config_.act("hidden_act");
    const bool all_biases = config_.flag("attention_bias", false);
    const bool ff_biases = config_.flag("mlp_bias", false);
    const bool qkv_biases = all_biases || type == "qwen2";
    config_.only("pretraining_tp", 1);
    config_.only("partial_rotary_factor", 1.0);
    start(context(type), dim, 0, 0, "model.embed_tokens.weight", "", "");
    for (std::int64_t i = 0; i < layers; ++i) {
      const std::string ours = std::to_string(i) + ".", theirs = fmt::format("model.layers.{}.", i);
      Residual attention, feedforward;
      attention.blocks.push_back({rms(ours + "norm1", dim, eps, theirs + "input_layernorm")});
      attention.blocks.push_back({Attention{.name = ours + "attn",
                                            .dim = dim,
                                            .heads = heads,
                                            .kv_heads = kv,
                                            .head_dim = head_dim,
                                            .causal = true,
                                            .bias = qkv_biases,
                                            .output_bias = all_biases,
                                            .rope = rope}});
      map(ours + "attn.query", theirs + "self_attn.q_proj", qkv_biases);
      map(ours + "attn.key", theirs + "self_attn.k_proj", qkv_biases);
      map(ours + "attn.value", theirs + "self_attn.v_proj", qkv_biases);
      map(ours + "attn.output", theirs + "self_attn.o_proj", all_biases);
      feedforward.blocks.push_back(
          {rms(ours + "norm2", dim, eps, theirs + "post_attention_layernorm")});
      feedforward.blocks.push_back({FeedForward{.name = ours + "ff",
                                                .dim = dim,
                                                .hidden = hidden,
                                                .activation = act,
                                                .gated = true,
                                                .bias = ff_biases}});
      map(ours + "ff.gate", theirs + "mlp.gate_proj", ff_biases);
      map(ours + "ff.up", theirs + "mlp.up_proj", ff_biases);
      map(ours + "ff.down", theirs + "mlp.down_proj", ff_biases);
      add(std::move(attention));
      add(std::move(feedforward));
      plan_.idle.insert(theirs + "self_attn.rotary_emb.inv_freq");
    }
    add(rms("norm", dim, eps, "model.norm"));
    head(dim, config_.flag("tie_word_embeddings", false), "lm_head", false);
    return std::move(plan_);
  }

  Plan gpt2() {
    const std::string prefix = names_.contains("transformer.wte.weight") ? "transformer." : "";
    const std::int64_t dim = config_.size("n_embd"), heads = config_.size("n_head");
    const std::int64_t layers = count("n_layer"), positions = config_.size("n_positions");
    const std::int64_t hidden = config_.size("n_inner", 4 * dim);
    const double eps = config_.number("layer_norm_epsilon", 1e-5);
    const Act act = config_.act("activation_function");
    config_.only("scale_attn_weights", true);
    config_.only("scale_attn_by_inverse_layer_idx", false);
    config_.only("add_cross_attention", false);
    start(positions, dim, positions, 0, prefix + "wte.weight", prefix + "wpe.weight", "");
    for (std::int64_t i = 0; i < layers; ++i) {
      const std::string ours = std::to_string(i) + ".", theirs = fmt::format("{}h.{}.", prefix, i);
      Residual attention, feedforward;
      attention.blocks.push_back({layer_norm(ours + "norm1", dim, eps, theirs + "ln_1")});
      attention.blocks.push_back({Attention{.name = ours + "attn",
                                            .dim = dim,
                                            .heads = heads,
                                            .kv_heads = heads,
                                            .head_dim = std::max<std::int64_t>(1, dim / heads)}});
      // One map for all three, with the inputs first.
      constexpr std::array<const char*, 3> kRoles = {"query", "key", "value"};
      for (std::size_t r = 0; r < kRoles.size(); ++r) {
        const std::int64_t begin = static_cast<std::int64_t>(r) * dim;
        const std::string role = ours + "attn." + kRoles[r];
        plan_.parts[role] = {theirs + "attn.c_attn.weight", true, begin, dim};
        plan_.parts[role + "_bias"] = {theirs + "attn.c_attn.bias", false, begin, dim};
      }
      turned(ours + "attn.output", theirs + "attn.c_proj");
      feedforward.blocks.push_back({layer_norm(ours + "norm2", dim, eps, theirs + "ln_2")});
      feedforward.blocks.push_back(
          {FeedForward{.name = ours + "ff", .dim = dim, .hidden = hidden, .activation = act}});
      turned(ours + "ff.up", theirs + "mlp.c_fc");
      turned(ours + "ff.down", theirs + "mlp.c_proj");
      add(std::move(attention));
      add(std::move(feedforward));
      plan_.idle.insert(theirs + "attn.bias");  // the mask
      plan_.idle.insert(theirs + "attn.masked_bias");
    }
    add(layer_norm("norm", dim, eps, prefix + "ln_f"));
    head(dim, config_.flag("tie_word_embeddings", true), "lm_head", false);
    return std::move(plan_);
  }

  Plan bert(const std::optional<SentencePooling>& pooling) {
    const std::int64_t dim = config_.size("hidden_size"),
                       hidden = config_.size("intermediate_size");
    const std::int64_t layers = count("num_hidden_layers");
    const std::int64_t heads = config_.size("num_attention_heads");
    const std::int64_t positions = config_.size("max_position_embeddings");
    const double eps = config_.number("layer_norm_eps", 1e-12);
    const Act act = config_.act("hidden_act");
    config_.only("position_embedding_type", "absolute");
    config_.only("is_decoder", false);
    config_.only("add_cross_attention", false);
    const std::string prefix = names_.contains("embeddings.word_embeddings.weight") ? "" : "bert.";
    const std::string embed = prefix + "embeddings.";
    const std::int64_t longest = pooling && pooling->longest > 0 ? pooling->longest : positions;
    start(std::min(positions, longest), dim, positions, config_.size("type_vocab_size"),
          embed + "word_embeddings.weight", embed + "position_embeddings.weight",
          embed + "token_type_embeddings.weight");
    plan_.idle.insert(embed + "position_ids");
    add(layer_norm("embed.norm", dim, eps, embed + "LayerNorm"));
    for (std::int64_t i = 0; i < layers; ++i) {
      const std::string ours = std::to_string(i) + ".";
      const std::string theirs = fmt::format("{}encoder.layer.{}.", prefix, i);
      Residual attention, feedforward;
      attention.blocks.push_back({Attention{.name = ours + "attn",
                                            .dim = dim,
                                            .heads = heads,
                                            .kv_heads = heads,
                                            .head_dim = std::max<std::int64_t>(1, dim / heads),
                                            .causal = false}});
      for (const std::string role : {"query", "key", "value"}) {
        map(ours + "attn." + role, theirs + "attention.self." + role, true);
      }
      map(ours + "attn.output", theirs + "attention.output.dense", true);
      feedforward.blocks.push_back(
          {FeedForward{.name = ours + "ff", .dim = dim, .hidden = hidden, .activation = act}});
      map(ours + "ff.up", theirs + "intermediate.dense", true);
      map(ours + "ff.down", theirs + "output.dense", true);
      add(std::move(attention));
      add(layer_norm(ours + "norm1", dim, eps, theirs + "attention.output.LayerNorm"));
      add(std::move(feedforward));
      add(layer_norm(ours + "norm2", dim, eps, theirs + "output.LayerNorm"));
    }
    bert_head(prefix, dim, eps, act, pooling);
    return std::move(plan_);
  }

 private:
  void add(Block::Any block) { plan_.network.blocks.push_back({std::move(block)}); }

  // Layers; each has tensors of its own.
  [[nodiscard]] std::int64_t count(std::string_view key) {
    const std::int64_t layers = config_.size(key);
    if (layers > static_cast<std::int64_t>(names_.size())) {
      config_.refuse(key, "more than there are tensors");
    }
    return layers;
  }

  // A linear map with the role of our tensor, "0.attn.query".
  void map(const std::string& ours, const std::string& theirs, bool bias) {
    plan_.parts[ours] = {theirs + ".weight"};
    if (bias) plan_.parts[ours + "_bias"] = {theirs + ".bias"};
  }
  void turned(const std::string& ours, const std::string& theirs) {
    plan_.parts[ours] = {theirs + ".weight", true};
    plan_.parts[ours + "_bias"] = {theirs + ".bias"};
  }
  void linear(const std::string& ours, const std::string& theirs) {
    plan_.parts[ours + ".weight"] = {theirs + ".weight"};
    plan_.parts[ours + ".bias"] = {theirs + ".bias"};
  }
  Block::Any rms(const std::string& ours, std::int64_t dim, double eps, const std::string& theirs) {
    plan_.parts[ours + ".weight"] = {theirs + ".weight"};
    return RmsNorm{.name = ours, .dim = dim, .eps = eps};
  }
  Block::Any layer_norm(const std::string& ours, std::int64_t dim, double eps,
                        const std::string& theirs) {
    linear(ours, theirs);
    return LayerNorm{.name = ours, .dim = dim, .eps = eps};
  }

  void start(std::int64_t context, std::int64_t dim, std::int64_t positions, std::int64_t types,
             const std::string& tokens, const std::string& places, const std::string& kinds) {
    vocab_ = config_.size("vocab_size");
    add(InputBlock{.shape = {}, .tokens = context});
    add(Embedding{
        .name = "embed", .vocab = vocab_, .dim = dim, .positions = positions, .types = types});
    plan_.parts["embed.tokens"] = {tokens};
    if (positions > 0) plan_.parts["embed.positions"] = {places};
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

  void bert_head(const std::string& prefix, std::int64_t dim, double eps, Act act,
                 const std::optional<SentencePooling>& pooling) {
    if (names_.contains("cls.predictions.bias")) {
      config_.only("tie_word_embeddings", true);
      add(Linear{.name = "transform", .in = dim, .out = dim});
      linear("transform", "cls.predictions.transform.dense");
      add(Activation{act});
      add(layer_norm("transform.norm", dim, eps, "cls.predictions.transform.LayerNorm"));
      head(dim, true, "cls.predictions.decoder", true);
      plan_.parts["head.bias"] = {"cls.predictions.bias"};
      plan_.idle.insert("cls.predictions.decoder.bias");
      return;
    }
    (void)config_.flag("tie_word_embeddings", true);
    if (!names_.contains("classifier.weight")) {
      if (!pooling) {
        throw Error{Kind::input, "the model is a bert without a head, which is not known here",
                    "known are the heads of BertForMaskedLM and BertForSequenceClassification, and "
                    "modules.json of sentence-transformers; the safetensors file by itself is kept "
                    "as tensors"};
      }
      add(TokenPool{.first = pooling->first});
      plan_.idle.insert(prefix + "pooler.dense.weight");
      plan_.idle.insert(prefix + "pooler.dense.bias");
      return;
    }
    add(TokenPool{.first = true});
    add(Linear{.name = "pooler", .in = dim, .out = dim});
    linear("pooler", prefix + "pooler.dense");
    add(Activation{Act::tanh});
    classes_from_ = "classifier.weight";
    linear("head", "classifier");
    add(Linear{.name = "head", .in = dim, .out = 0});
  }

  // The base of the rotary positions; what stretches them is refused.
  double rope_base() {
    constexpr double kUsual = 10000;
    double base = config_.number("rope_theta", kUsual);
    if (config_.find("rope_scaling") != nullptr) config_.refuse("rope_scaling");
    if (const Json* const parameters = config_.find("rope_parameters")) {
      for (const auto& [key, value] : parameters->items()) {
        if (key == "rope_theta" && value.is_number()) {
          base = value.get<double>();
        } else if (key != "rope_type" || value != Json("default")) {
          config_.refuse("rope_parameters");
        }
      }
    }
    return base;
  }

  // With attention over a window of the last tokens, as many as the window has: there it is the
  // same.
  std::int64_t context(const std::string& type) {
    const std::int64_t all = config_.size("max_position_embeddings");
    const bool windows = config_.flag("use_sliding_window", type != "qwen2");
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

 public:
  [[nodiscard]] const std::string& classes_from() const { return classes_from_; }

 private:
  Config& config_;
  std::set<std::string, std::less<>> names_;
  Plan plan_;
  std::int64_t vocab_ = 0;
  std::string classes_from_;  // their tensor whose rows are the last map's outputs
};

// That every tensor is read by something.
void check_left_over(const std::vector<TensorEntry>& entries, const Plan& plan) {
  std::set<std::string, std::less<>> read = plan.idle;
  for (const auto& [ours, part] : plan.parts) read.insert(part.theirs);
  for (const TensorEntry& entry : entries) {
    if (!read.contains(entry.name)) {
      fail(Kind::input, "the network has no place for the tensor {} {}", printable(entry.name),
           to_string(entry.shape));
    }
  }
}

// Of id2label, else LABEL_0, LABEL_1, ... as Transformers has it.
std::vector<std::string> labels_of(const Json& config, const Network& network) {
  std::vector<std::string> out;
  const Json given = config.value("id2label", Json::object());
  for (std::int64_t i = 0; i < output_shape(network).back(); ++i) {
    const std::string key = std::to_string(i);
    const bool there = given.is_object() && given.contains(key) && given[key].is_string();
    out.push_back(there ? given[key].get<std::string>() : "LABEL_" + key);
  }
  return out;
}

}  // namespace

HuggingFace read_hugging_face(const Json& json, const std::string& name,
                              std::unique_ptr<TensorSource> tensors,
                              const std::optional<SentencePooling>& pooling) {
  Config config(json, name);
  const Json* const type = config.find("model_type");
  const std::string kind = type != nullptr && type->is_string() ? type->get<std::string>() : "";
  std::set<std::string, std::less<>> names;
  for (const TensorEntry& entry : tensors->entries()) names.insert(entry.name);
  Plans plans(config, names);
  HuggingFace out;
  Plan plan;
  if (kind == "llama" || kind == "mistral" || kind == "qwen2") {
    plan = plans.llama(kind);
    out.family = "llama";
  } else if (kind == "gpt2") {
    plan = plans.gpt2();
    out.family = "gpt";
  } else if (kind == "bert") {
    plan = plans.bert(pooling);
    out.family = "bert";
  } else {
    throw Error{
        Kind::input,
        fmt::format("{} is of the model type '{}', which is not known here", name, printable(kind)),
        "known are llama, mistral, qwen2, gpt2 and bert; --network says the blocks of others, and "
        "the "
        "safetensors file by itself is kept as tensors"};
  }
  config.finish();
  if (!plans.classes_from().empty()) {
    const auto last =
        std::ranges::find(tensors->entries(), plans.classes_from(), &TensorEntry::name);
    if (last->shape.size() != 2) fail(Kind::input, "the tensor {} is no map", plans.classes_from());
    std::get<Linear>(plan.network.blocks.back().any).out = last->shape[0];
  }
  check_network(plan.network);
  check_left_over(tensors->entries(), plan);
  if (!plans.classes_from().empty()) out.labels = labels_of(json, plan.network);
  out.tensors = parts_of(std::move(tensors), plan.network, plan.parts);
  out.network = std::move(plan.network);
  return out;
}

}  // namespace mx
