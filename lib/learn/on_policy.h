// SPDX-License-Identifier: Apache-2.0
// On-policy distillation of language models (Agarwal et al. 2024, "On-Policy Distillation of
// Language Models: Learning from Self-Generated Mistakes", algorithm 1): some batches are text that
// the student writes itself behind the beginnings of training rows, drawn at temperature 1, and on
// that it is compared with its teachers. No gradient goes through the drawing. The native engine
// writes (a cache of keys and values, rows shared out among threads); it is packed anew for each
// such batch, since the weights have changed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/random.h"
#include "base/threads.h"
#include "learn/batch.h"
#include "learn/train.h"
#include "tensor/tensor.h"
#include "text/tokenizer.h"

namespace mx {

class OnPolicy {
 public:
  // Throws Kind::usage for tasks other than lm, and for documents that are kept apart in a row.
  OnPolicy(const OnPolicyOptions& options, const Network& student, const Loaded& data,
           std::size_t threads);
  // Whether the next batch of a step is one of these; draws once.
  [[nodiscard]] bool takes(Random& random) const { return random.uniform() < share_; }
  // Each row keeps its beginning: all but the last --on-policy-tokens of its tokens, and what
  // stands before its answer. What follows is drawn, up to the row's length; of rows that are
  // documents, up to a token that ends the text. Only drawn tokens have a target: themselves.
  void write(Batch& batch, std::span<const Weight> student, Random& random);

 private:
  Network network_;
  double share_;
  std::int64_t tokens_ = 1;
  std::optional<TokenId> end_;  // of rows that are documents
  ThreadPool rows_, alone_;
};

}  // namespace mx
