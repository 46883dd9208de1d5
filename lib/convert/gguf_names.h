// SPDX-License-Identifier: Apache-2.0
// What llama.cpp calls the tensors of a model, and what Transformers does.
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, "Standardized tensor names"
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mx {

struct GgufNames {
  using Pair = std::pair<std::string_view, std::string_view>;  // GGUF's, Transformers'
  std::string_view architecture;                               // also Transformers' model type
  std::string_view layer;                 // in front of a layer's number: "model.layers."
  std::span<const Pair> outside, inside;  // without ".weight" and ".bias"
  // How Transformers' numbers lie there.
  bool pairs = false;   // rows of queries and keys: pair by pair, not in halves (llama)
  bool turned = false;  // maps have their inputs first in Transformers (gpt2)

  // "blk.3.attn_q.weight" <-> "model.layers.3.self_attn.q_proj.weight"; others as they are.
  [[nodiscard]] std::string theirs(const std::string& gguf) const;
  [[nodiscard]] std::string gguf(const std::string& theirs) const;
  // By Transformers' names: whether a tensor's rows lie in pairs, or it is turned.
  [[nodiscard]] bool lies_in_pairs(std::string_view theirs) const;
  [[nodiscard]] bool lies_turned(std::string_view theirs) const;
};

// Null for an architecture that is not known here.
[[nodiscard]] const GgufNames* gguf_names(std::string_view architecture);
// "llama, qwen2, ..."
[[nodiscard]] std::string gguf_architectures();

}  // namespace mx
