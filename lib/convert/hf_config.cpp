// SPDX-License-Identifier: Apache-2.0
#include "convert/hf_config.h"

#include <array>
#include <utility>

#include "base/error.h"
#include "base/words.h"

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
                              "dropout",
                              "qa_dropout",
                              "seq_classif_dropout",
                              "sinusoidal_pos_embds",
                              "tie_weights_",
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
                              "auto_map",
                              "output_past",
                              "model_type",
                              "return_dict"};

// The first of those that are one activation is how it is written.
constexpr std::pair<std::string_view, Act> kActs[] = {
    {"silu", Act::silu},          {"swish", Act::silu}, {"gelu", Act::gelu},
    {"gelu_new", Act::gelu_tanh}, {"relu", Act::relu},  {"gelu_pytorch_tanh", Act::gelu_tanh},
    {"tanh", Act::tanh}};

}  // namespace

std::string_view hf_name(Act act) {
  for (const auto& [word, one] : kActs) {
    if (one == act) return word;
  }
  return "";
}

HfConfig::HfConfig(const Json& json, std::string name) : json_(json), name_(std::move(name)) {
  if (!json.is_object()) fail(Kind::input, "{} is no object", name_);
  used_.insert(kIdle.begin(), kIdle.end());
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
    if (!nothing && !used_.contains(key)) refuse(key);
  }
}

}  // namespace mx
