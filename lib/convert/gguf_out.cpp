// SPDX-License-Identifier: Apache-2.0
#include "convert/gguf_out.h"

#include <algorithm>
#include <cmath>

#include "base/checked.h"
#include "base/error.h"
#include "convert/ggml_types.h"
#include "convert/gguf_names.h"
#include "convert/gguf_value.h"
#include "convert/parts.h"
#include "convert/rope.h"
#include "data/language.h"

namespace mx {
namespace {

constexpr std::uint64_t kAlignment = 32;
constexpr const char* kOthers = "--to hf, onnx and safetensors take it";

std::uint64_t aligned(std::uint64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// One tensor as it will stand in the file.
struct Placed {
  std::string name;
  std::optional<std::size_t> from;  // none: the factors of rotary positions
  Shape shape;
  std::uint32_t code = 0;
  std::uint64_t begin = 0, bytes = 0;
};

class GgufWriter {
 public:
  GgufWriter(const Header& header, const HfOut& model, GgufType type)
      : header_(header), model_(model), type_(type), names_(gguf_names(model.type)) {
    if (names_ == nullptr) {
      throw Error{Kind::usage, fmt::format("llama.cpp runs no {}", model.type), kOthers};
    }
    if (model.type == "bert" && !model.pooling) {
      throw Error{Kind::usage, "llama.cpp runs encoders for embeddings of sentences alone",
                  kOthers};
    }
    config_ = model.config;
    // All layers have the same, or it would be no model of Transformers.
    walk(header.network, [&](const Block& block, const Shape&, const Shape&) {
      if (const auto* one = std::get_if<Attention>(&block.any)) attention_ = *one;
    });
    settle_rope();
    place();
  }

  void write(io::Output& out, GgufKeys keys) {
    describe(keys);
    ByteWriter head;
    head.put(view("GGUF"));
    head.u32(3);
    head.u64(placed_.size());
    head.u64(keys.count());
    head.put(keys.bytes());
    for (const Placed& one : placed_) {
      head.u64(one.name.size());
      head.put(view(one.name));
      head.u32(static_cast<std::uint32_t>(one.shape.size()));
      for (std::size_t i = one.shape.size(); i-- > 0;) {
        head.u64(static_cast<std::uint64_t>(one.shape[i]));
      }
      head.u32(one.code);
      head.u64(one.begin);
    }
    pad(head);
    out.write(head.bytes());
    for (const Placed& one : placed_) {
      write_numbers(out, one);
      out.write(Bytes(static_cast<std::size_t>(aligned(one.bytes) - one.bytes)));
    }
    out.commit();
  }

 private:
  static void pad(ByteWriter& to) {
    while (to.size() % kAlignment != 0) to.u8(0);
  }
  void settle_rope() {
    if (attention_.rope <= 0) return;
    const Json rope = rope_parameters(attention_, context_of(header_.network));
    const std::string kind = rope["rope_type"];
    if (kind == "linear") {
      linear_ = rope["factor"].get<double>();
    } else if (kind != "default") {
      if (model_.type != "llama" || attention_.rope_scale != 1) {
        throw Error{
            Kind::usage,
            fmt::format("llama.cpp has no place for such rotary positions in a {}", model_.type),
            kOthers};
      }
      factors_ = attention_.rope_factors;
    }
  }

  void place() {
    if (!factors_.empty()) {
      add({"rope_freqs.weight", {}, {static_cast<std::int64_t>(factors_.size())}}, "F32");
    }
    const std::vector<TensorEntry>& entries = model_.tensors->entries();
    for (std::size_t i = 0; i < entries.size(); ++i) {
      Shape shape = entries[i].shape;
      if (names_->lies_turned(entries[i].name)) std::swap(shape.at(0), shape.at(1));
      const std::string name = names_->gguf(entries[i].name);
      add({name, i, shape}, type_of(name, shape, entries[i].dtype));
    }
  }
  void add(Placed one, std::string_view type) {
    one.code = ggml_code(type);
    const GgmlType& how = *ggml_type(one.code);
    one.bytes = element_count(one.shape) / how.block * how.bytes;
    one.begin = end_;
    end_ = checked_add(end_, aligned(one.bytes), "the sum of all tensors");
    placed_.push_back(std::move(one));
  }
  [[nodiscard]] std::string_view type_of(const std::string& name, const Shape& shape,
                                         DType stored) const {
    if (shape.size() < 2 || name.starts_with("position_embd.") ||
        name.starts_with("token_types.")) {
      return "F32";
    }
    const bool whole = shape.back() % 32 == 0;
    switch (type_) {
      case GgufType::stored:
        return stored == DType::f16 ? "F16" : stored == DType::bf16 ? "BF16" : "F32";
      case GgufType::f32:
        return "F32";
      case GgufType::f16:
        return "F16";
      case GgufType::bf16:
        return "BF16";
      case GgufType::q8_0:
        return whole ? "Q8_0" : "F16";
      case GgufType::q4_0:
        break;
    }
    return whole ? "Q4_0" : "F16";
  }

  void describe(GgufKeys& keys) const {
    const std::string a = model_.type + ".";
    const auto size = [&](const std::string& key, const char* config) {
      size_of(keys, a + key, config);
    };
    keys.text("general.architecture", model_.type);
    keys.text("general.name", header_.rights.name.empty() ? "model" : header_.rights.name);
    if (!header_.rights.license.empty()) {
      keys.text("general.license", header_.rights.license);
    }
    if (!header_.rights.owner.empty()) keys.text("general.author", header_.rights.owner);
    keys.u32("general.file_type", file_type());
    keys.u32("general.quantization_version", 2);
    size("vocab_size", "vocab_size");
    size("context_length", model_.type == "gpt2" ? "n_positions" : "max_position_embeddings");
    if (model_.type == "gpt2") {
      size("embedding_length", "n_embd");
      size("feed_forward_length", "n_inner");
      size("block_count", "n_layer");
      size("attention.head_count", "n_head");
      keys.f32(a + "attention.layer_norm_epsilon", config_.at("layer_norm_epsilon").get<float>());
      return;
    }
    size("embedding_length", "hidden_size");
    size("feed_forward_length", "intermediate_size");
    size("block_count", "num_hidden_layers");
    size("attention.head_count", "num_attention_heads");
    if (model_.type == "bert") {
      keys.f32(a + "attention.layer_norm_epsilon", config_.at("layer_norm_eps").get<float>());
      keys.boolean(a + "attention.causal", false);
      keys.u32(a + "pooling_type", model_.pooling->first ? 2 : 1);
      size_of(keys, "tokenizer.ggml.token_type_count", "type_vocab_size");
      return;
    }
    size("attention.head_count_kv", "num_key_value_heads");
    size("attention.key_length", "head_dim");
    size("attention.value_length", "head_dim");
    size("rope.dimension_count", "head_dim");
    keys.f32(a + "attention.layer_norm_rms_epsilon", config_.at("rms_norm_eps").get<float>());
    keys.f32(a + "rope.freq_base", static_cast<float>(attention_.rope));
    if (linear_ > 0) {
      keys.text(a + "rope.scaling.type", "linear");
      keys.f32(a + "rope.scaling.factor", static_cast<float>(linear_));
    }
  }
  void size_of(GgufKeys& keys, const std::string& key, const char* config) const {
    keys.u32(key, config_.at(config).get<std::uint32_t>());
  }
  // llama.cpp's LLAMA_FTYPE_*: what most of the numbers are.
  [[nodiscard]] std::uint32_t file_type() const {
    std::uint64_t most = 0;
    std::uint32_t code = 0;
    for (const Placed& one : placed_) {
      if (one.bytes <= most) continue;
      most = one.bytes;
      code = one.code;
    }
    constexpr std::pair<std::string_view, std::uint32_t> kTypes[] = {
        {"F32", 0}, {"F16", 1}, {"Q4_0", 2}, {"Q8_0", 7}, {"BF16", 32}};
    for (const auto& [name, number] : kTypes) {
      if (ggml_code(name) == code) return number;
    }
    return 0;
  }

  void write_numbers(io::Output& out, const Placed& one) const {
    const GgmlType& type = *ggml_type(one.code);
    if (!one.from) {
      return out.write(encode(type, std::vector<float>(factors_.begin(), factors_.end())));
    }
    const std::string& theirs = model_.tensors->entries()[*one.from].name;
    Tensor tensor = model_.tensors->read(*one.from);
    if (names_->lies_turned(theirs)) tensor = turned(tensor);
    // llama.cpp turns neighbours.
    if (names_->lies_in_pairs(theirs)) tensor = heads_turned(tensor, attention_.head_dim, 2);
    if (type.plain == tensor.dtype) return out.write(tensor.data.bytes());
    if (tensor.dtype != DType::f32) tensor = to_f32(tensor);
    const std::span<const float> values = tensor.as<float>();
    if (!std::ranges::all_of(values, [](float v) { return std::isfinite(v); })) {
      throw Error{Kind::usage,
                  fmt::format("the tensor {} holds numbers that are not finite, and {} has none",
                              theirs, type.name),
                  "--type f32"};
    }
    out.write(encode(type, values));
  }

  const Header& header_;
  const HfOut& model_;
  GgufType type_;
  const GgufNames* names_;
  Json config_;
  Attention attention_;
  double linear_ = 0;            // factor of linear positions; 0: none
  std::vector<double> factors_;  // of each pair, llama's
  std::vector<Placed> placed_;
  std::uint64_t end_ = 0;
};

}  // namespace

namespace {

void put_tokenizer(const GgufTokenizer& from, GgufKeys& keys) {
  const std::string at = "tokenizer.ggml.";
  keys.text(at + "model", from.model);
  if (!from.pre.empty()) keys.text(at + "pre", from.pre);
  keys.texts(at + "tokens", from.tokens);
  if (!from.scores.empty()) keys.floats(at + "scores", from.scores);
  if (!from.types.empty()) keys.integers(at + "token_type", from.types);
  if (!from.merges.empty() || from.model == "gpt2") keys.texts(at + "merges", from.merges);
  const std::pair<const char*, std::optional<TokenId>> ids[] = {
      {"bos", from.begin},       {"eos", from.end},
      {"unknown", from.unknown}, {"seperator", from.separator},
      {"padding", from.padding}, {"mask", from.mask}};  // as spelt there
  for (const auto& [name, id] : ids) {
    if (id) keys.u32(fmt::format("{}{}_token_id", at, name), *id);
  }
  const std::pair<const char*, std::optional<bool>> flags[] = {
      {"add_bos_token", from.add_begin},
      {"add_eos_token", from.add_end},
      {"add_space_prefix", from.add_space_prefix},
      {"remove_extra_whitespaces", from.remove_extra_whitespaces}};
  for (const auto& [name, flag] : flags) {
    if (flag) keys.boolean(at + name, *flag);
  }
  if (!from.charsmap.empty()) keys.octets(at + "precompiled_charsmap", from.charsmap);
}

}  // namespace

void write_gguf(io::Output& out, const Header& header, const HfOut& model, GgufType type,
                const GgufTokenizer* tokenizer, const Json& facts) {
  GgufKeys keys;
  for (const auto& [key, value] : facts.items()) keys.text(key, value.get<std::string>());
  if (tokenizer == nullptr) {
    keys.text("tokenizer.ggml.model", "no_vocab");
  } else {
    put_tokenizer(*tokenizer, keys);
    const std::string chat = chat_template_of(header);
    if (!chat.empty()) keys.text("tokenizer.chat_template", chat);
  }
  GgufWriter(header, model, type).write(out, std::move(keys));
}

}  // namespace mx
