// SPDX-License-Identifier: Apache-2.0
#include "convert/gguf_model.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/error.h"
#include "base/words.h"

namespace mx {
namespace {

constexpr std::pair<std::string_view, std::string_view> kNames[] = {
    {"token_embd.weight", "model.embed_tokens.weight"},
    {"output_norm.weight", "model.norm.weight"},
    {"output.weight", "lm_head.weight"}};
constexpr std::pair<std::string_view, std::string_view> kLayerNames[] = {
    {"attn_norm", "input_layernorm"},    {"attn_q", "self_attn.q_proj"},
    {"attn_k", "self_attn.k_proj"},      {"attn_v", "self_attn.v_proj"},
    {"attn_output", "self_attn.o_proj"}, {"ffn_norm", "post_attention_layernorm"},
    {"ffn_gate", "mlp.gate_proj"},       {"ffn_up", "mlp.up_proj"},
    {"ffn_down", "mlp.down_proj"}};

// "blk.3.attn_q.weight" -> "model.layers.3.self_attn.q_proj.weight"; others as they are.
std::string spelled(const std::string& name) {
  for (const auto& [theirs, other] : kNames) {
    if (name == theirs) return std::string(other);
  }
  const std::vector<std::string> parts = split(name, '.');
  if (parts.size() != 4 || parts[0] != "blk") return name;
  for (const auto& [theirs, other] : kLayerNames) {
    if (parts[2] == theirs) return fmt::format("model.layers.{}.{}.{}", parts[1], other, parts[3]);
  }
  return name;
}

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

 private:
  Json metadata_;
  std::string architecture_;
};

// Rows of queries and keys: 2i + h of a head becomes h * (half) + i, as "halves" of rotary
// positions stand.
class Renamed final : public TensorSource {
 public:
  Renamed(std::unique_ptr<TensorSource> source, std::int64_t head_dim)
      : source_(std::move(source)), head_dim_(head_dim) {
    for (TensorEntry entry : source_->entries()) {
      entry.name = spelled(entry.name);
      const bool pairs = entry.name.find(".q_proj.") != std::string::npos ||
                         entry.name.find(".k_proj.") != std::string::npos;
      paired_.push_back(pairs && head_dim > 0);
      if (paired_.back() && (entry.shape.empty() || entry.shape[0] % head_dim != 0)) {
        fail(Kind::input, "the tensor {} has no rows of whole heads", printable(entry.name));
      }
      entries_.push_back(std::move(entry));
    }
  }
  [[nodiscard]] const std::vector<TensorEntry>& entries() const override { return entries_; }
  [[nodiscard]] Json metadata() const override { return source_->metadata(); }
  [[nodiscard]] std::uint64_t glance(std::size_t i) const override { return source_->glance(i); }
  [[nodiscard]] Tensor read(std::size_t i) const override {
    Tensor from = source_->read(i);
    if (!paired_.at(i) || from.data.size() == 0) return from;
    Tensor out(from.dtype, from.shape);
    const auto rows = static_cast<std::size_t>(from.shape[0]);
    const auto head = static_cast<std::size_t>(head_dim_);
    const std::size_t row = from.data.size() / rows;
    for (std::size_t r = 0; r < rows; ++r) {
      const std::size_t within = r % head, half = head / 2;
      const std::size_t source = r - within + 2 * (within % half) + within / half;
      std::memcpy(out.data.data() + r * row, from.data.data() + source * row, row);
    }
    return out;
  }

 private:
  std::unique_ptr<TensorSource> source_;
  std::int64_t head_dim_;  // 0: nothing is moved
  std::vector<TensorEntry> entries_;
  std::vector<bool> paired_;
};

const TensorEntry* find(const TensorSource& tensors, std::string_view name) {
  const auto found = std::ranges::find(tensors.entries(), name, &TensorEntry::name);
  return found == tensors.entries().end() ? nullptr : &*found;
}

}  // namespace

bool is_gguf_model(const TensorSource& tensors) {
  const Json metadata = tensors.metadata();
  return metadata.is_object() && metadata.contains("general.architecture") &&
         find(tensors, "token_embd.weight") != nullptr;
}

GgufModel read_gguf_model(std::unique_ptr<TensorSource> tensors) {
  const Keys keys(tensors->metadata());
  const std::string& kind = keys.architecture();
  if (kind != "llama" && kind != "qwen2") {
    throw Error{
        Kind::input,
        fmt::format("it is of the architecture '{}', which is not known here", printable(kind)),
        "known are llama and qwen2; --network says the blocks of others"};
  }
  const std::string scaling = keys.text(kind + ".rope.scaling.type");
  if (!scaling.empty() && scaling != "none") {
    fail(Kind::input, "it asks for {}.rope.scaling.type = {}, which is not known here", kind,
         printable(scaling));
  }
  if (!keys.number("expert_count").is_null() && keys.number("expert_count") != Json(0)) {
    fail(Kind::input, "it asks for {} experts, which is not known here",
         dump_json(keys.number("expert_count")));
  }
  GgufModel out;
  const auto there = [&](std::string_view name) { return find(*tensors, name) != nullptr; };
  const TensorEntry& embedding = *find(*tensors, "token_embd.weight");
  out.config = {{"model_type", kind},
                {"hidden_act", "silu"},
                {"vocab_size", embedding.shape.empty() ? Json() : Json(embedding.shape[0])},
                {"hidden_size", keys.number("embedding_length")},
                {"intermediate_size", keys.number("feed_forward_length")},
                {"num_hidden_layers", keys.number("block_count")},
                {"num_attention_heads", keys.number("attention.head_count")},
                {"num_key_value_heads", keys.number("attention.head_count_kv")},
                {"head_dim", keys.number("attention.key_length")},
                {"max_position_embeddings", keys.number("context_length")},
                {"rms_norm_eps", keys.number("attention.layer_norm_rms_epsilon")},
                {"rope_theta", keys.number("rope.freq_base")},
                {"tie_word_embeddings", !there("output.weight")}};
  if (kind == "llama") {
    out.config["attention_bias"] = there("blk.0.attn_q.bias");
    out.config["mlp_bias"] = there("blk.0.ffn_up.bias");
  }
  std::int64_t head_dim = 0;
  if (kind == "llama") {
    const Json heads = out.config["num_attention_heads"], dim = out.config["hidden_size"];
    const Json own = out.config["head_dim"];
    const bool known = heads.is_number_integer() && dim.is_number_integer() && heads > 0;
    head_dim = own.is_number_integer() ? own.get<std::int64_t>()
               : known                 ? dim.get<std::int64_t>() / heads.get<std::int64_t>()
                                       : 0;
    if (head_dim < 2 || head_dim % 2 != 0) fail(Kind::input, "its heads have no pairs to turn");
  }
  out.tensors = std::make_unique<Renamed>(std::move(tensors), head_dim);
  return out;
}

}  // namespace mx
