// SPDX-License-Identifier: Apache-2.0
// A student's layers (net/layers.h) held to a teacher's: what is between input and output.
//
// hidden: mean squared error between what the layers give, the student's through a learned linear
// projection where the shapes differ (Romero et al. 2015, eq. 3; Jiao et al. 2020, eq. 8; channels
// of images are projected one position at a time). attention: KL(teacher | student) of where each
// token looks (Wang et al. 2020, "MiniLM", section 3.1), of the mean over heads where the networks
// have different numbers of these. values: the same of softmax(V V^T / sqrt(d)), how the values of
// tokens relate (section 3.2), which asks for neither equal widths nor equal heads: where their
// numbers differ, all heads together are one (Wang et al. 2021, "MiniLMv2", section 3.2).
// All are means over rows, heads, and tokens that are there.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "learn/train.h"
#include "learn/updater.h"
#include "model/executor.h"

namespace mx {

enum class MatchKind { hidden, attention, values };

class Matcher {
 public:
  // Throws Kind::usage, saying what does not fit, unless all that `options` wants can be compared.
  Matcher(const DistillOptions& options, const TrainOptions& training, const Network& student,
          const Network& teacher, std::uint64_t seed);

  // The weighted sum of what is matched, to be differentiated. real: [rows, time], of networks on
  // tokens: which are no padding; else undefined.
  [[nodiscard]] at::Tensor loss(const std::vector<LayerState>& student,
                                const std::vector<LayerState>& teacher,
                                const at::Tensor& real) const;

  // The projections: one buffer, learned as the network is.
  void zero_gradient();
  void step(double lr, std::uint64_t step);
  // Where their numbers, and what the optimizer keeps of them, lie; by the names of a checkpoint.
  [[nodiscard]] std::vector<Updater::State> state() const;

 private:
  struct Term {
    MatchKind kind;
    double weight;
    std::size_t student, teacher;  // layers
    at::Tensor projection;         // hidden: [teacher's width, student's], or undefined
  };
  [[nodiscard]] at::Tensor loss(const Term& term, const LayerState& student,
                                const LayerState& teacher, const at::Tensor& real) const;

  std::vector<Term> terms_;
  at::Tensor numbers_, gradient_;
  std::optional<Updater> updater_;
};

// [rows, time]: which of a batch's tokens are no padding, of those that the layers saw.
[[nodiscard]] at::Tensor real_tokens(const at::Tensor& x, const std::vector<LayerState>& layers);

// What --match says. Throws Kind::usage.
struct MatchTerms {
  bool logits = false;
  std::vector<std::pair<MatchKind, double>> inner;  // and their weights
};
[[nodiscard]] MatchTerms match_terms(const DistillOptions& options);
// The teacher's layers that --match hidden compares, each once, ascending; none without it.
[[nodiscard]] std::vector<std::size_t> hidden_layers(const DistillOptions& options,
                                                     const Network& student,
                                                     const Network& teacher);

}  // namespace mx
