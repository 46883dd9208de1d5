// SPDX-License-Identifier: Apache-2.0
#include "convert/hf_out.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "base/error.h"
#include "convert/hf_builder.h"
#include "convert/rope.h"
#include "data/language.h"
#include "data/schema.h"
#include "tensor/convert.h"

namespace mx {
namespace {

constexpr const char* kOthers = "--to onnx and --to safetensors take any network";

[[noreturn]] void cannot(const std::string& why, std::string hint = kOthers) {
  throw Error{Kind::usage, fmt::format("no model of Transformers is this network: {}", why),
              std::move(hint)};
}

// What computes when a model answers.
std::vector<Block> answering(const std::vector<Block>& blocks) {
  std::vector<Block> out;
  for (Block block : blocks) {
    if (std::holds_alternative<Dropout>(block.any)) continue;
    if (auto* residual = std::get_if<Residual>(&block.any)) {
      residual->blocks = answering(residual->blocks);
    }
    if (auto* attention = std::get_if<Attention>(&block.any)) attention->dropout = 0;
    out.push_back(std::move(block));
  }
  return out;
}

// The first block of a type, with those inside residual blocks; null for none.
template <class T>
const T* first(const std::vector<Block>& blocks) {
  for (const Block& block : blocks) {
    if (const auto* one = std::get_if<T>(&block.any)) return one;
    if (const auto* residual = std::get_if<Residual>(&block.any)) {
      if (const T* const inside = first<T>(residual->blocks)) return inside;
    }
  }
  return nullptr;
}

std::int64_t residuals(const Network& network) {
  return std::ranges::count_if(network.blocks, [](const Block& block) {
    return std::holds_alternative<Residual>(block.any);
  });
}

const Linear* last_map(const Network& network) {
  return std::get_if<Linear>(&network.blocks.back().any);
}

// What a network of these kinds of blocks would be called, its config, and the names that say which
// head it has.
struct Guess {
  Json config;
  TensorNames names;
  std::optional<SentencePooling> pooling = {};
};

class Guesser {
 public:
  Guesser(const Header& header, const Network& network)
      : header_(header),
        network_(network),
        attention_(first<Attention>(network.blocks)),
        feedforward_(first<FeedForward>(network.blocks)),
        embedding_(first<Embedding>(network.blocks)) {
    if (embedding_ == nullptr || attention_ == nullptr || feedforward_ == nullptr) {
      cannot("it has no embedding, no attention or no feed-forward block");
    }
  }

  Guess guess() {
    Guess out = !attention_->causal                          ? encoder()
                : first<RmsNorm>(network_.blocks) != nullptr ? llama()
                                                             : gpt2();
    out.config["vocab_size"] = embedding_->vocab;
    return out;
  }

 private:
  [[nodiscard]] bool tied() const {
    return last_map(network_) != nullptr && !last_map(network_)->tied.empty();
  }
  [[nodiscard]] std::int64_t layers() const { return residuals(network_) / 2; }

  Guess llama() {
    const bool qwen3 = attention_->norm_eps > 0;
    const bool qwen2 = !qwen3 && attention_->bias && !attention_->output_bias;
    const std::int64_t context = context_of(network_);
    Guess out;
    out.config = {{"model_type", qwen3   ? "qwen3"
                                 : qwen2 ? "qwen2"
                                         : "llama"},
                  {"architectures",
                   {qwen3   ? "Qwen3ForCausalLM"
                    : qwen2 ? "Qwen2ForCausalLM"
                            : "LlamaForCausalLM"}},
                  {"hidden_size", attention_->dim},
                  {"intermediate_size", feedforward_->hidden},
                  {"num_hidden_layers", layers()},
                  {"num_attention_heads", attention_->heads},
                  {"num_key_value_heads", attention_->kv_heads},
                  {"head_dim", attention_->head_dim},
                  {"hidden_act", hf_name(feedforward_->activation)},
                  {"max_position_embeddings", context},
                  {"rms_norm_eps", first<RmsNorm>(network_.blocks)->eps},
                  {"tie_word_embeddings", tied()}};
    if (qwen2 || qwen3) out.config["use_sliding_window"] = false;
    if (!qwen2) out.config["attention_bias"] = attention_->bias;
    if (!qwen2 && !qwen3) out.config["mlp_bias"] = feedforward_->bias;
    // As all versions read it.
    Json rope = rope_parameters(*attention_, context);
    out.config["rope_theta"] = rope["rope_theta"];
    rope.erase("rope_theta");
    if (rope["rope_type"] != "default") out.config["rope_scaling"] = std::move(rope);
    return out;
  }

  Guess gpt2() {
    const auto* const norm = first<LayerNorm>(network_.blocks);
    if (norm == nullptr) cannot("it has no normalization");
    Guess out;
    out.config = {{"model_type", "gpt2"},
                  {"architectures", {"GPT2LMHeadModel"}},
                  {"n_embd", attention_->dim},
                  {"n_inner", feedforward_->hidden},
                  {"n_layer", layers()},
                  {"n_head", attention_->heads},
                  {"n_positions", context_of(network_)},
                  {"activation_function", hf_name(feedforward_->activation)},
                  {"layer_norm_epsilon", norm->eps},
                  {"tie_word_embeddings", tied()}};
    out.names.insert("transformer.wte.weight");
    return out;
  }

  Guess encoder() {
    const auto* const norm = first<LayerNorm>(network_.blocks);
    if (norm == nullptr) cannot("it has no normalization");
    const bool types = embedding_->types > 0;
    Guess out;
    if (types) {
      out.config = {{"model_type", "bert"},
                    {"hidden_size", attention_->dim},
                    {"intermediate_size", feedforward_->hidden},
                    {"num_hidden_layers", layers()},
                    {"num_attention_heads", attention_->heads},
                    {"hidden_act", hf_name(feedforward_->activation)},
                    {"max_position_embeddings", embedding_->positions},
                    {"type_vocab_size", embedding_->types},
                    {"layer_norm_eps", norm->eps}};
    } else {
      out.config = {{"model_type", "distilbert"},
                    {"dim", attention_->dim},
                    {"hidden_dim", feedforward_->hidden},
                    {"n_layers", layers()},
                    {"n_heads", attention_->heads},
                    {"activation", hf_name(feedforward_->activation)},
                    {"max_position_embeddings", embedding_->positions}};
    }
    const std::string name = types ? "Bert" : "DistilBert";
    const auto* const pool = first<TokenPool>(network_.blocks);
    if (pool == nullptr) {
      out.config["architectures"] = {name + "ForMaskedLM"};
      out.names.insert(types ? "cls.predictions.bias" : "vocab_transform.weight");
    } else if (last_map(network_) != nullptr) {
      out.config["architectures"] = {name + "ForSequenceClassification"};
      out.names.insert("classifier.weight");
      classes(out.config);
    } else {
      out.config["architectures"] = {name + "Model"};
      out.names.insert("embeddings.word_embeddings.weight");
      out.pooling = {.first = pool->first, .longest = context_of(network_)};
      out.pooling->normalize = normalizes_embeddings(header_);
    }
    return out;
  }

  void classes(Json& config) const {
    Json names = Json::object(), numbers = Json::object();
    std::vector<std::string> given;
    if (!header_.schema.is_null()) {
      const Schema schema = schema_from_json(header_.schema);
      given = schema.classes;
      if (schema.task == Task::regress) config["problem_type"] = "regression";
    }
    for (std::int64_t i = 0; i < last_map(network_)->out; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const std::string one = at < given.size() ? given[at] : fmt::format("LABEL_{}", i);
      names[std::to_string(i)] = one;
      numbers[one] = i;
    }
    config["id2label"] = std::move(names);
    config["label2id"] = std::move(numbers);
  }

  const Header& header_;
  const Network& network_;
  const Attention* attention_;
  const FeedForward* feedforward_;
  const Embedding* embedding_;
};

Json sizes_of(const Block& block) {
  Json json = to_json(Network{{block}})[0].front();
  if (json.is_object()) json.erase("name");
  return json;
}

// Holds the network against that of the plan, block by block, names apart; names in the plan's
// network to ours.
class Comparison {
 public:
  Comparison(std::string type, std::map<std::string, std::string>& names)
      : type_(std::move(type)), names_(names) {}

  void blocks(const std::vector<Block>& ours, const std::vector<Block>& planned,
              const std::string& prefix) {
    for (std::size_t i = 0; i < std::max(ours.size(), planned.size()); ++i) {
      const std::string at = fmt::format("block {}{}", prefix, i);
      if (i >= ours.size()) differs(at, "missing", std::string(type_of(planned[i])));
      if (i >= planned.size()) differs(at, fmt::format("a {}", type_of(ours[i])), "nothing");
      if (ours[i].any.index() != planned[i].any.index()) {
        differs(at, fmt::format("a {}", type_of(ours[i])),
                fmt::format("a {}", type_of(planned[i])));
      }
      if (const auto* residual = std::get_if<Residual>(&ours[i].any)) {
        blocks(residual->blocks, std::get<Residual>(planned[i].any).blocks,
               fmt::format("{}{}.", prefix, i));
        continue;
      }
      one(ours[i], planned[i], at);
    }
  }

 private:
  void one(const Block& ours, const Block& planned, const std::string& at) {
    if (!name_of(ours).empty()) {
      names_.emplace(std::string(name_of(planned)), std::string(name_of(ours)));
    }
    Json own = sizes_of(ours), other = sizes_of(planned);
    if (own.contains("tied") && other.contains("tied")) other["tied"] = own["tied"];
    for (const Json* const side : {&own, &other}) {
      for (const auto& [key, value] : side->items()) {
        const Json mine = own.value(key, Json()), theirs = other.value(key, Json());
        if (mine == theirs) continue;
        differs(fmt::format("{} ({} '{}')", at, type_of(ours), name_of(ours)), said(key, mine),
                said(key, theirs));
      }
    }
  }
  [[nodiscard]] static std::string said(const std::string& key, const Json& value) {
    return value.is_null() ? fmt::format("without \"{}\"", key)
                           : fmt::format("\"{}\" {}", key, dump_json(value));
  }
  [[noreturn]] void differs(const std::string& at, const std::string& ours,
                            const std::string& theirs) const {
    cannot(fmt::format("{} is {}, where a {} has {}", at, ours, type_, theirs),
           fmt::format("the same sizes in every layer fit (mx-prune --scope layer cuts evenly); {}",
                       kOthers));
  }

  std::string type_;
  std::map<std::string, std::string>& names_;
};

// Their tensors, put together of ours.
class Assembled final : public TensorSource {
 public:
  // of[i]: parts of their i-th tensor, in the order of their rows.
  struct Part {
    std::size_t from = 0;
    std::int64_t begin = 0;
  };
  struct Whole {
    std::vector<Part> parts;
    bool turned = false;
  };

  Assembled(const TensorSource& ours, const std::vector<std::pair<std::string, Whole>>& wholes)
      : ours_(ours) {
    for (const auto& [name, whole] : wholes) {
      TensorEntry entry = ours.entries()[whole.parts[0].from];
      entry.name = name;
      entry.same.reset();
      for (std::size_t i = 1; i < whole.parts.size(); ++i) {
        const TensorEntry& more = ours.entries()[whole.parts[i].from];
        entry.shape[0] += more.shape[0];
        if (more.dtype != entry.dtype) entry.dtype = DType::f32;
      }
      if (whole.turned) std::swap(entry.shape.at(0), entry.shape.at(1));
      entries_.push_back(std::move(entry));
      wholes_.push_back(whole);
    }
  }
  [[nodiscard]] const std::vector<TensorEntry>& entries() const override { return entries_; }
  [[nodiscard]] std::uint64_t glance(std::size_t i) const override { return i; }
  [[nodiscard]] Tensor read(std::size_t i) const override {
    const Whole& whole = wholes_.at(i);
    if (whole.parts.size() == 1) {
      Tensor one = ours_.read(whole.parts[0].from);
      return whole.turned ? turned(one) : std::move(one);
    }
    Shape shape = entries_[i].shape;
    if (whole.turned) std::swap(shape[0], shape[1]);
    Tensor out(entries_[i].dtype, shape);
    std::size_t at = 0;
    for (const Part& part : whole.parts) {
      Tensor one = ours_.read(part.from);
      if (one.dtype != out.dtype) one = to_f32(one);
      std::memcpy(out.data.data() + at, one.data.data(), one.data.size());
      at += one.data.size();
    }
    return whole.turned ? turned(out) : std::move(out);
  }

 private:
  const TensorSource& ours_;
  std::vector<TensorEntry> entries_;
  std::vector<Whole> wholes_;
};

// Follows the plan backwards.
std::unique_ptr<TensorSource> assemble(const HfPlan& plan, const TensorSource& ours,
                                       const std::map<std::string, std::string>& names) {
  std::map<std::string, std::size_t> at;
  for (std::size_t i = 0; i < ours.entries().size(); ++i) at[ours.entries()[i].name] = i;
  std::vector<std::pair<std::string, Assembled::Whole>> wholes;
  std::map<std::string, std::size_t> place;
  for (const TensorSpec& spec : tensors(plan.network)) {
    const std::string block = spec.name.substr(0, spec.name.size() - spec.role.size() - 1);
    const std::string own = fmt::format("{}.{}", names.at(block), spec.role);
    if (!at.contains(own)) fail(Kind::failed, "the tensor {} is missing", own);
    const TensorPiece& piece = plan.parts.at(spec.name);
    const auto [found, fresh] = place.emplace(piece.theirs, wholes.size());
    if (fresh) wholes.push_back({piece.theirs, {}});
    Assembled::Whole& whole = wholes[found->second].second;
    whole.turned = piece.turned;
    whole.parts.push_back({at.at(own), piece.begin});
  }
  for (auto& [name, whole] : wholes) std::ranges::sort(whole.parts, {}, &Assembled::Part::begin);
  return std::make_unique<Assembled>(ours, wholes);
}

}  // namespace

HfOut make_hugging_face(const Header& header, const TensorSource& ours) {
  const Network network{answering(header.network.blocks)};
  if (network.empty() || !takes_tokens(network)) {
    cannot("it takes no tokens", "--to onnx takes any network, --to safetensors its tensors");
  }
  Guess guess = Guesser(header, network).guess();
  HfConfig config(guess.config, "config.json");
  HfPlan plan = plan_hugging_face(config, {guess.names, residuals(network), guess.pooling});
  if (!plan.classes_from.empty()) {
    std::get<Linear>(plan.network.blocks.back().any).out = last_map(network)->out;
  }
  HfOut out{
      .type = guess.config["model_type"].get<std::string>(), .config = {}, .tensors = nullptr};
  std::map<std::string, std::string> names;
  Comparison(out.type, names).blocks(network.blocks, plan.network.blocks, "");
  out.tensors = assemble(plan, ours, names);
  const auto all = [&](DType dtype) {
    return std::ranges::all_of(out.tensors->entries(),
                               [&](const TensorEntry& entry) { return entry.dtype == dtype; });
  };
  guess.config["dtype"] = all(DType::f16) ? "float16" : all(DType::bf16) ? "bfloat16" : "float32";
  guess.config["torch_dtype"] = guess.config["dtype"];
  out.config = std::move(guess.config);
  out.pooling = guess.pooling;
  return out;
}

}  // namespace mx
