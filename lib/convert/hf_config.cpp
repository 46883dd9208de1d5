// SPDX-License-Identifier: Apache-2.0
#include "convert/hf_config.h"

#include <utility>

#include "base/error.h"
#include "base/words.h"

namespace mx {
namespace {

// Keys that say nothing of what is computed when a model answers: about training, about where the
// config comes from, how text is drawn, and what no version of Transformers has ever read. Those
// with a line in front are its own notes.
constexpr std::string_view kIdle =
    "architectures attention_dropout attn_pdrop embd_pdrop resid_pdrop hidden_dropout_prob "
    "classifier_dropout dropout qa_dropout seq_classif_dropout sinusoidal_pos_embds "
    "tie_weights_ dtype attention_probs_dropout_prob bos_token_id eos_token_id pad_token_id "
    "sep_token_id cls_token_id unk_token_id torch_dtype initializer_range initializer_factor "
    "transformers_version use_cache id2label label2id problem_type task_specific_params "
    "summary_activation summary_first_dropout summary_proj_to_labels summary_type "
    "summary_use_proj n_ctx gradient_checkpointing num_labels tokenizer_class "
    "finetuning_task max_window_layers auto_map output_past model_type return_dict "
    "directionality pooler_fc_size pooler_num_attention_heads pooler_num_fc_layers "
    "pooler_size_per_head pooler_type is_llama_config transformers.js_config "
    "max_sequence_length interpolate_factor full_attn_mod attn_implementation unsloth_fixed "
    "unsloth_version sentence_transformers prefix chunk_size_feed_forward torchscript "
    "use_bfloat16 output_attentions output_hidden_states max_length min_length do_sample "
    "early_stopping num_beams num_beam_groups diversity_penalty temperature top_k top_p "
    "typical_p repetition_penalty length_penalty no_repeat_ngram_size "
    "encoder_no_repeat_ngram_size num_return_sequences bad_words_ids output_scores "
    "return_dict_in_generate forced_bos_token_id forced_eos_token_id remove_invalid_values "
    "exponential_decay_length_penalty suppress_tokens begin_suppress_tokens "
    "decoder_start_token_id";

// The first of those that are one activation is how it is written.
constexpr std::pair<std::string_view, Act> kActs[] = {
    {"silu", Act::silu},          {"swish", Act::silu},       {"gelu", Act::gelu},
    {"gelu_new", Act::gelu_tanh}, {"relu", Act::relu},        {"gelu_pytorch_tanh", Act::gelu_tanh},
    {"tanh", Act::tanh},          {"gelu_python", Act::gelu}, {"gelu_fast", Act::gelu_tanh}};

}  // namespace

std::string_view hf_name(Act act) {
  for (const auto& [word, one] : kActs) {
    if (one == act) return word;
  }
  return "";
}

HfConfig::HfConfig(const Json& json, std::string name) : json_(json), name_(std::move(name)) {
  if (!json.is_object()) fail(Kind::input, "{} is no object", name_);
  for (std::string& key : split(kIdle, ' ')) used_.insert(std::move(key));
}

void HfConfig::refuse(std::string_view key, const std::string& why) const {
  const Json value = json_.value(std::string(key), Json());
  throw Error{Kind::input,
              fmt::format("{} asks for {} = {}, {}", name_, key, printable(dump_json(value)), why),
              "it cannot be said by the blocks of a network"};
}

const Json* HfConfig::find(std::string_view key) {
  used_.insert(std::string(key));
  const auto found = json_.find(key);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

std::int64_t HfConfig::size(std::string_view key, std::optional<std::int64_t> otherwise) {
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

double HfConfig::number(std::string_view key, double otherwise) {
  const Json* const value = find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_number()) refuse(key, "which is no number");
  return value->get<double>();
}

bool HfConfig::flag(std::string_view key, bool otherwise) {
  const Json* const value = find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) refuse(key, "which is neither true nor false");
  return value->get<bool>();
}

Act HfConfig::act(std::string_view key) {
  const Json* const value = find(key);
  for (const auto& [word, act] : kActs) {
    if (value != nullptr && *value == Json(word)) return act;
  }
  refuse(key);
}

void HfConfig::only(std::string_view key, const Json& known) {
  const Json* const value = find(key);
  if (value != nullptr && *value != known) refuse(key);
}

void HfConfig::finish() const {
  for (const auto& [key, value] : json_.items()) {
    const bool nothing = value.is_null() || value == Json(false) || value == Json(0) ||
                         (value.is_structured() && value.empty()) || value == Json("");
    if (!nothing && !key.starts_with('_') && !used_.contains(key)) refuse(key);
  }
}

}  // namespace mx
