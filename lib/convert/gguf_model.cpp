// SPDX-License-Identifier: Apache-2.0
#include "convert/gguf_model.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "convert/gguf_names.h"
#include "convert/parts.h"

namespace mx {
namespace {

constexpr std::string_view kRopeFactors = "rope_freqs.weight";  // llama's, one for each pair

class Keys {
 public:
  explicit Keys(Json metadata)
      : metadata_(std::move(metadata)), architecture_(text("general.architecture")) {}

  [[nodiscard]] const std::string& architecture() const { return architecture_; }
  [[nodiscard]] std::string text(const std::string& key) const {
    return metadata_.value(key, std::string());
  }
  // Of the architecture; null when it is not there.
  [[nodiscard]] Json number(const std::string& key) const {
    const std::string value = text(architecture_ + "." + key);
    if (value.empty()) return nullptr;
    std::int64_t whole = 0;
    double real = 0;
    const char* const end = value.data() + value.size();
    if (const auto [at, code] = std::from_chars(value.data(), end, whole);
        code == std::errc() && at == end) {
      return whole;
    }
    const auto [at, code] = std::from_chars(value.data(), end, real);
    if (code != std::errc() || at != end) {
      fail(Kind::input, "{}.{} is no number", architecture_, key);
    }
    return real;
  }
  [[noreturn]] void refuse(const std::string& key) const {
    fail(Kind::input, "it asks for {}.{} = {}, which is not known here", architecture_, key,
         printable(text(architecture_ + "." + key)));
  }
  // Anything else than this cannot be said.
  void only(const std::string& key, std::string_view known) const {
    const std::string value = text(architecture_ + "." + key);
    if (!value.empty() && value != known) refuse(key);
  }

 private:
  Json metadata_;
  std::string architecture_;
};

// The tensors under Transformers' names. Row 2i + h of a head becomes h * (half) + i where rows lie
// in pairs.
class Renamed final : public TensorSource {
 public:
  Renamed(std::unique_ptr<TensorSource> source, const GgufNames& names, std::int64_t head_dim)
      : source_(std::move(source)), head_dim_(head_dim) {
    for (std::size_t i = 0; i < source_->entries().size(); ++i) {
      TensorEntry entry = source_->entries()[i];
      if (entry.name == kRopeFactors) continue;
      entry.name = names.theirs(entry.name);
      Lies lies{i, names.lies_in_pairs(entry.name), names.lies_turned(entry.name)};
      if (lies.pairs && (entry.shape.empty() || entry.shape[0] % head_dim != 0)) {
        fail(Kind::input, "the tensor {} has no rows of whole heads", printable(entry.name));
      }
      if (lies.turned && entry.shape.size() != 2) {
        fail(Kind::input, "the tensor {} is no map", printable(entry.name));
      }
      if (lies.turned) std::swap(entry.shape[0], entry.shape[1]);
      lies_.push_back(lies);
      entries_.push_back(std::move(entry));
    }
  }
  [[nodiscard]] const std::vector<TensorEntry>& entries() const override { return entries_; }
  [[nodiscard]] Json metadata() const override { return source_->metadata(); }
  [[nodiscard]] std::uint64_t glance(std::size_t i) const override {
    return source_->glance(lies_.at(i).from);
  }
  // Rows that are moved and matrices that are turned are there twice.
  [[nodiscard]] std::uint64_t memory(std::size_t i) const override {
    const Lies& lies = lies_.at(i);
    const bool moved = lies.pairs || lies.turned;
    return checked_add(source_->memory(lies.from), moved ? TensorSource::memory(i) : 0, "a tensor");
  }
  [[nodiscard]] Tensor read(std::size_t i) const override {
    const Lies& lies = lies_.at(i);
    Tensor from = source_->read(lies.from);
    if (from.data.size() == 0) return from;
    if (lies.turned) return turned(from);
    return lies.pairs ? heads_turned(from, head_dim_, head_dim_ / 2) : std::move(from);
  }

 private:
  struct Lies {
    std::size_t from = 0;
    bool pairs = false, turned = false;
  };

  std::unique_ptr<TensorSource> source_;
  std::int64_t head_dim_;
  std::vector<TensorEntry> entries_;
  std::vector<Lies> lies_;
};

std::optional<std::size_t> find(const TensorSource& tensors, std::string_view name) {
  const auto found = std::ranges::find(tensors.entries(), name, &TensorEntry::name);
  if (found == tensors.entries().end()) return std::nullopt;
  return static_cast<std::size_t>(found - tensors.entries().begin());
}

Json rows_of(const TensorSource& tensors, std::string_view name) {
  const std::optional<std::size_t> at = find(tensors, name);
  if (!at || tensors.entries()[*at].shape.empty()) return nullptr;
  return tensors.entries()[*at].shape[0];
}

// rope.* and the tensor of factors, as rope_parameters.
Json rope_of(const Keys& keys, const TensorSource& tensors) {
  Json out = {{"rope_type", "default"}, {"rope_theta", keys.number("rope.freq_base")}};
  if (out["rope_theta"].is_null()) out["rope_theta"] = 10000.0;
  const std::string scaling = keys.text(keys.architecture() + ".rope.scaling.type");
  const Json factor = keys.number("rope.scaling.factor");
  if (const std::optional<std::size_t> at = find(tensors, kRopeFactors)) {
    const Tensor read = tensors.read(*at);
    if (read.dtype != DType::f32) fail(Kind::input, "{} holds no 32-bit floats", kRopeFactors);
    const std::span<const float> factors = read.as<float>();
    out.update({{"rope_type", "longrope"},
                {"factor", 1.0},
                {"attention_factor", 1.0},
                {"short_factor", std::vector<double>(factors.begin(), factors.end())}});
    out["long_factor"] = out["short_factor"];
  }
  if (scaling.empty() || scaling == "none") return out;
  if (out["rope_type"] != "default" || (scaling != "linear" && scaling != "yarn")) {
    keys.refuse("rope.scaling.type");
  }
  out.update({{"rope_type", scaling}, {"factor", factor}});
  if (scaling == "yarn") {
    out["original_max_position_embeddings"] = keys.number("rope.scaling.original_context_length");
    for (const char* const key :
         {"rope.scaling.attn_factor", "rope.scaling.yarn_attn_factor",
          "rope.scaling.yarn_log_multiplier", "rope.scaling.yarn_ext_factor"}) {
      keys.only(key, "");
    }
    out["beta_fast"] = keys.number("rope.scaling.yarn_beta_fast");
    out["beta_slow"] = keys.number("rope.scaling.yarn_beta_slow");
  }
  return out;
}

Json llama_config(const Keys& keys, const TensorSource& tensors) {
  const auto there = [&](std::string_view name) { return find(tensors, name).has_value(); };
  Json config = {{"hidden_act", "silu"},
                 {"hidden_size", keys.number("embedding_length")},
                 {"intermediate_size", keys.number("feed_forward_length")},
                 {"num_hidden_layers", keys.number("block_count")},
                 {"num_attention_heads", keys.number("attention.head_count")},
                 {"num_key_value_heads", keys.number("attention.head_count_kv")},
                 {"head_dim", keys.number("attention.key_length")},
                 {"max_position_embeddings", keys.number("context_length")},
                 {"rms_norm_eps", keys.number("attention.layer_norm_rms_epsilon")},
                 {"rope_parameters", rope_of(keys, tensors)},
                 {"tie_word_embeddings", !there("output.weight")}};
  const Json turned = keys.number("rope.dimension_count");
  const Json head_dim = config["head_dim"].is_null() && config["hidden_size"].is_number_integer() &&
                                config["num_attention_heads"].is_number_integer() &&
                                config["num_attention_heads"] > 0
                            ? Json(config["hidden_size"].get<std::int64_t>() /
                                   config["num_attention_heads"].get<std::int64_t>())
                            : config["head_dim"];
  if (!turned.is_null() && turned != head_dim) keys.refuse("rope.dimension_count");
  if (keys.architecture() == "llama") {
    config["attention_bias"] = there("blk.0.attn_q.bias");
    config["mlp_bias"] = there("blk.0.ffn_up.bias");
  }
  return config;
}

Json gpt2_config(const Keys& keys, const TensorSource& tensors) {
  return {{"activation_function", "gelu_new"},
          {"n_embd", keys.number("embedding_length")},
          {"n_inner", keys.number("feed_forward_length")},
          {"n_layer", keys.number("block_count")},
          {"n_head", keys.number("attention.head_count")},
          {"n_positions", keys.number("context_length")},
          {"layer_norm_epsilon", keys.number("attention.layer_norm_epsilon")},
          {"tie_word_embeddings", !find(tensors, "output.weight")}};
}

Json bert_config(const Keys& keys, const TensorSource& tensors, SentencePooling& pooling) {
  keys.only("attention.causal", "false");
  const std::string kind = keys.text("bert.pooling_type");
  constexpr std::string_view kMean = "1", kFirst = "2";
  if (kind != kMean && kind != kFirst) {
    fail(Kind::input, "it says bert.pooling_type = {}; 1 (mean) and 2 (first token) are known here",
         kind.empty() ? "nothing" : printable(kind));
  }
  pooling = {.first = kind == kFirst, .normalize = true};
  return {{"hidden_act", "gelu"},
          {"hidden_size", keys.number("embedding_length")},
          {"intermediate_size", keys.number("feed_forward_length")},
          {"num_hidden_layers", keys.number("block_count")},
          {"num_attention_heads", keys.number("attention.head_count")},
          {"max_position_embeddings", keys.number("context_length")},
          {"type_vocab_size", rows_of(tensors, "token_types.weight")},
          {"layer_norm_eps", keys.number("attention.layer_norm_epsilon")}};
}

// Numbers of a head, of whose rows pairs are made.
std::int64_t paired_head(const Json& config) {
  const Json &heads = config["num_attention_heads"], &dim = config["hidden_size"];
  const Json& own = config["head_dim"];
  const bool known = heads.is_number_integer() && dim.is_number_integer() && heads > 0;
  const std::int64_t head_dim = own.is_number_integer() ? own.get<std::int64_t>()
                                : known ? dim.get<std::int64_t>() / heads.get<std::int64_t>()
                                        : 0;
  if (head_dim < 2 || head_dim % 2 != 0) fail(Kind::input, "its heads have no pairs to turn");
  return head_dim;
}

}  // namespace

bool is_gguf_model(const TensorSource& tensors) {
  const Json metadata = tensors.metadata();
  return metadata.is_object() && metadata.contains("general.architecture") &&
         find(tensors, "token_embd.weight").has_value();
}

GgufModel read_gguf_model(std::unique_ptr<TensorSource> tensors) {
  const Keys keys(tensors->metadata());
  const std::string& kind = keys.architecture();
  const GgufNames* const names = gguf_names(kind);
  if (names == nullptr) {
    throw Error{
        Kind::input,
        fmt::format("it is of the architecture '{}', which is not known here", printable(kind)),
        fmt::format("known are {}; --network says the blocks of others", gguf_architectures())};
  }
  keys.only("expert_count", "0");
  GgufModel out;
  if (kind == "gpt2") {
    out.config = gpt2_config(keys, *tensors);
  } else if (kind == "bert") {
    out.config = bert_config(keys, *tensors, out.pooling.emplace());
  } else {
    out.config = llama_config(keys, *tensors);
  }
  out.config["model_type"] = kind;
  out.config["vocab_size"] = rows_of(*tensors, "token_embd.weight");
  const std::int64_t head_dim = names->pairs ? paired_head(out.config) : 0;
  out.tensors = std::make_unique<Renamed>(std::move(tensors), *names, head_dim);
  return out;
}

}  // namespace mx
