// SPDX-License-Identifier: Apache-2.0
#include "convert/hugging_face.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/words.h"
#include "convert/hf_builder.h"

namespace mx {
namespace {

// That every tensor is read by something.
void check_left_over(const std::vector<TensorEntry>& entries, const HfPlan& plan) {
  TensorNames read = plan.idle;
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
  std::map<std::string, std::string> labels;
  for (const auto& [key, label] : given.items()) {
    if (given.is_object() && label.is_string()) labels.emplace(key, label.get<std::string>());
  }
  const std::int64_t classes = output_shape(network).back();
  for (std::int64_t i = 0; i < classes; ++i) {
    const std::string key = std::to_string(i);
    const auto found = labels.find(key);
    out.push_back(found == labels.end() ? "LABEL_" + key : found->second);
  }
  return out;
}

}  // namespace

HfPlan plan_hugging_face(HfConfig& config, const HfModel& model) {
  const Json* const type = config.find("model_type");
  const std::string kind = type != nullptr && type->is_string() ? type->get<std::string>() : "";
  const bool roberta = kind == "roberta" || kind == "xlm-roberta" || kind == "camembert";
  HfPlan plan;
  if (kind == "llama" || kind == "mistral" || kind == "qwen2" || kind == "qwen3" ||
      kind == "phi3") {
    plan = plan_llama(config, model, kind);
  } else if (kind == "gpt2") {
    plan = plan_gpt2(config, model);
  } else if (kind == "bert" || roberta) {
    plan = plan_bert(config, model, roberta);
  } else if (kind == "distilbert") {
    plan = plan_distilbert(config, model);
  } else {
    throw Error{Kind::input,
                fmt::format("{} is of the model type '{}', which is not known here", config.name(),
                            printable(kind)),
                "known are llama, mistral, qwen2, qwen3, phi3, gpt2, bert, roberta, xlm-roberta, "
                "camembert and distilbert; "
                "--network says the blocks of others, and the safetensors file by itself is kept "
                "as tensors"};
  }
  config.finish();
  return plan;
}

HuggingFace read_hugging_face(const Json& json, const std::string& name,
                              std::unique_ptr<TensorSource> tensors,
                              const std::optional<SentencePooling>& pooling) {
  HfConfig config(json, name);
  TensorNames names;
  for (const TensorEntry& entry : tensors->entries()) names.insert(entry.name);
  HfPlan plan =
      plan_hugging_face(config, {names, static_cast<std::int64_t>(names.size()), pooling});
  if (!plan.classes_from.empty()) {
    const auto last = std::ranges::find(tensors->entries(), plan.classes_from, &TensorEntry::name);
    if (last->shape.size() != 2) fail(Kind::input, "the tensor {} is no map", plan.classes_from);
    std::get<Linear>(plan.network.blocks.back().any).out = last->shape[0];
  }
  check_network(plan.network);
  check_left_over(tensors->entries(), plan);
  HuggingFace out{.family = std::move(plan.family), .network = std::move(plan.network)};
  if (!plan.classes_from.empty()) out.labels = labels_of(json, out.network);
  out.tensors = parts_of(std::move(tensors), out.network, plan.parts);
  return out;
}

}  // namespace mx
