// SPDX-License-Identifier: Apache-2.0
#include "convert/gguf_names.h"

#include <fmt/format.h>

#include <vector>

namespace mx {
namespace {

using Pair = GgufNames::Pair;

constexpr Pair kLlama[] = {
    {"token_embd", "model.embed_tokens"}, {"output_norm", "model.norm"}, {"output", "lm_head"}};
constexpr Pair kLlamaLayer[] = {
    {"attn_norm", "input_layernorm"},    {"attn_q", "self_attn.q_proj"},
    {"attn_k", "self_attn.k_proj"},      {"attn_v", "self_attn.v_proj"},
    {"attn_output", "self_attn.o_proj"}, {"attn_q_norm", "self_attn.q_norm"},
    {"attn_k_norm", "self_attn.k_norm"}, {"ffn_norm", "post_attention_layernorm"},
    {"ffn_gate", "mlp.gate_proj"},       {"ffn_up", "mlp.up_proj"},
    {"ffn_down", "mlp.down_proj"}};
constexpr Pair kGpt2[] = {{"token_embd", "transformer.wte"},
                          {"position_embd", "transformer.wpe"},
                          {"output_norm", "transformer.ln_f"},
                          {"output", "lm_head"}};
constexpr Pair kGpt2Layer[] = {{"attn_norm", "ln_1"},          {"attn_qkv", "attn.c_attn"},
                               {"attn_output", "attn.c_proj"}, {"ffn_norm", "ln_2"},
                               {"ffn_up", "mlp.c_fc"},         {"ffn_down", "mlp.c_proj"}};
constexpr Pair kBert[] = {{"token_embd", "embeddings.word_embeddings"},
                          {"position_embd", "embeddings.position_embeddings"},
                          {"token_types", "embeddings.token_type_embeddings"},
                          {"token_embd_norm", "embeddings.LayerNorm"}};
constexpr Pair kBertLayer[] = {{"attn_q", "attention.self.query"},
                               {"attn_k", "attention.self.key"},
                               {"attn_v", "attention.self.value"},
                               {"attn_output", "attention.output.dense"},
                               {"attn_output_norm", "attention.output.LayerNorm"},
                               {"ffn_up", "intermediate.dense"},
                               {"ffn_down", "output.dense"},
                               {"layer_output_norm", "output.LayerNorm"}};

constexpr GgufNames kArchitectures[] = {
    {.architecture = "llama",
     .layer = "model.layers.",
     .outside = kLlama,
     .inside = kLlamaLayer,
     .pairs = true},
    {.architecture = "qwen2", .layer = "model.layers.", .outside = kLlama, .inside = kLlamaLayer},
    {.architecture = "qwen3", .layer = "model.layers.", .outside = kLlama, .inside = kLlamaLayer},
    {.architecture = "gpt2",
     .layer = "transformer.h.",
     .outside = kGpt2,
     .inside = kGpt2Layer,
     .turned = true},
    {.architecture = "bert", .layer = "encoder.layer.", .outside = kBert, .inside = kBertLayer}};

// The other half of the pair whose one half is `name`; "" for none.
std::string_view other(std::span<const Pair> pairs, std::string_view name, bool from_gguf) {
  for (const auto& [gguf, theirs] : pairs) {
    if ((from_gguf ? gguf : theirs) == name) return from_gguf ? theirs : gguf;
  }
  return {};
}

std::string translated(const GgufNames& names, const std::string& name, std::string_view from,
                       std::string_view to, bool from_gguf) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos) return name;
  const std::string_view role = std::string_view(name).substr(dot);
  const std::string_view stem = std::string_view(name).substr(0, dot);
  if (const std::string_view found = other(names.outside, stem, from_gguf); !found.empty()) {
    return fmt::format("{}{}", found, role);
  }
  if (!stem.starts_with(from)) return name;
  const std::string_view rest = stem.substr(from.size());
  const std::size_t end = rest.find('.');
  if (end == std::string_view::npos) return name;
  const std::string_view found = other(names.inside, rest.substr(end + 1), from_gguf);
  if (found.empty()) return name;
  return fmt::format("{}{}.{}{}", to, rest.substr(0, end), found, role);
}

}  // namespace

std::string GgufNames::theirs(const std::string& gguf) const {
  return translated(*this, gguf, "blk.", layer, true);
}

std::string GgufNames::gguf(const std::string& theirs) const {
  return translated(*this, theirs, layer, "blk.", false);
}

bool GgufNames::lies_in_pairs(std::string_view theirs) const {
  return pairs && (theirs.find(".q_proj.") != std::string_view::npos ||
                   theirs.find(".k_proj.") != std::string_view::npos);
}

bool GgufNames::lies_turned(std::string_view theirs) const {
  return turned && theirs.find(".c_") != std::string_view::npos && theirs.ends_with(".weight");
}

const GgufNames* gguf_names(std::string_view architecture) {
  for (const GgufNames& one : kArchitectures) {
    if (one.architecture == architecture) return &one;
  }
  return nullptr;
}

std::string gguf_architectures() {
  std::vector<std::string> out;
  for (const GgufNames& one : kArchitectures) out.emplace_back(one.architecture);
  return fmt::format("{}", fmt::join(out, ", "));
}

}  // namespace mx
