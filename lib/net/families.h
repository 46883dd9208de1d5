// SPDX-License-Identifier: Apache-2.0
// Families: builders that write a block list from a few options. Nothing downstream asks which one
// it was.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "net/network.h"

namespace mx {

enum class Family { mlp, cnn, gpt, llama, bert };
[[nodiscard]] std::string_view name_of(Family family);
[[nodiscard]] bool takes_tokens(Family family);

struct ModelOptions {
  Family family = Family::mlp;
  // mlp, cnn
  std::vector<std::int64_t> hidden = {128, 64};
  std::vector<std::int64_t> channels = {16, 32};
  Act activation = Act::relu;
  // gpt, llama, bert: 4, 4, 128, 128, as many as heads, the family's usual
  std::optional<std::int64_t> layers = {}, heads = {}, dim = {}, context = {};
  std::optional<std::int64_t> kv_heads = {}, feedforward = {};
  double dropout = 0;

  Fields fields();  // --model, --hidden, --channels, --activation, --layers, ..., --dropout
};

// input: one row's shape; outputs: classes or label columns.
// mlp: [flatten,] (linear, activation, dropout)*, linear. Names "0", "1", ... , last "head".
// cnn: (conv 5x5 with padding 2, activation, max pool 2)*, flatten, the mlp; the names go on
// counting. Throws Kind::usage when the input does not suit the family.
[[nodiscard]] Network build(const ModelOptions& options, const Shape& input, std::int64_t outputs);

// Networks on tokens, at most --context of them, ids below `vocab`. Blocks of layer i are
// "i.norm1", "i.attn", "i.norm2", "i.ff"; the embedding is "embed", the output "head".
// gpt (Radford et al. 2019): learned positions, layer normalization in front, GELU (tanh form),
// four times wider inside, the head tied to the embedding.
// llama (Touvron et al. 2023): RMS normalization in front, rotary positions of base 10000, SwiGLU
// of 8/3 the width (rounded up to a multiple of 32), no biases, a head of its own.
// bert (Devlin et al. 2019): every token sees all, normalization behind, two token types; a masked
// language model's transform and tied head.
// Throws Kind::usage when the sizes do not fit one another.
[[nodiscard]] Network build_language_model(const ModelOptions& options, std::int64_t vocab);
// The same encoder or decoder with a pooled head: bert the first token through a tanh layer
// "pooler", gpt and llama the mean; then "head" with `outputs`.
[[nodiscard]] Network build_classifier(const ModelOptions& options, std::int64_t vocab,
                                       std::int64_t outputs);
// Whether it ends with one vector for all tokens, which nothing scores: sentence embeddings.
[[nodiscard]] bool ends_pooled(const Network& network);
// The body of a language model (all in front of its head, by name) with a pooled head instead, to
// go on from its weights; of sentence embeddings all, with a head behind. Throws Kind::usage when
// `network` is neither.
[[nodiscard]] Network with_pooled_head(const Network& network, std::int64_t outputs);

}  // namespace mx
