// SPDX-License-Identifier: Apache-2.0
// Which weights to remove: pure functions from importance to masks, with exact counts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fields.h"
#include "net/network.h"
#include "tensor/tensor.h"

namespace mx {

enum class Criterion { magnitude, gradient };
enum class Scope { global, layer };
enum class PruneSchedule { one_shot, gradual };

struct PruneOptions {
  std::optional<double> sparsity;  // share of the prunable weights (or structures) to remove
  Criterion criterion = Criterion::magnitude;
  std::string pattern = "free";  // free, N:M, neurons, channels
  Scope scope = Scope::global;
  PruneSchedule schedule = PruneSchedule::one_shot;
  std::optional<std::int64_t> finetune_epochs, finetune_steps;
  std::optional<double> max_loss_increase;
  std::string keep;  // regular expression of tensors never pruned

  Fields fields();
};

struct Scores {  // importance of one prunable weight's numbers, non-negative
  std::string name;
  Shape shape;
  std::vector<float> values;
};

[[nodiscard]] std::vector<Scores> magnitude_scores(const Network& network,
                                                   std::span<const Weight> weights,
                                                   const std::string& keep);

struct KeepMask {
  std::string name;
  std::vector<std::uint8_t> keep;  // 1: stays
};

// Removes exactly round(sparsity * numbers) in all (global) or of each weight (layer), the least
// important first; ties go by position, so that the result is one and the same.
[[nodiscard]] std::vector<KeepMask> choose_free(const std::vector<Scores>& scores, double sparsity,
                                                Scope scope);
// Of every m consecutive numbers of a row, the n most important stay (2:4: n = 2, m = 4). A rest of
// fewer than m keeps the same share, rounded up.
[[nodiscard]] std::vector<KeepMask> choose_n_of_m(const std::vector<Scores>& scores, std::int64_t n,
                                                  std::int64_t m);
void apply_masks(std::vector<Weight>& weights, const std::vector<KeepMask>& masks);

// Structures that really go: rows of a linear map (neurons) or filters of a convolution (channels)
// together with what reads them (through activations, pooling, normalization and flattening). The
// network's outputs stay. `removed` counts structures.
struct Cut {
  Network network;
  std::vector<Weight> weights;
  std::uint64_t structures = 0, removed = 0;
};
enum class Structure { neurons, channels };
// A structure's importance is the sum of its numbers' scores (its row and, with it, its bias).
// Every group keeps at least one structure.
[[nodiscard]] Cut cut_structures(const Network& network, std::vector<Weight> weights,
                                 const std::vector<Scores>& scores, Structure structure,
                                 double sparsity, Scope scope, const std::string& keep);

// Sparsity at step s of `total`, rising to `target` by a cubic (Zhu and Gupta 2017, eq. 1).
[[nodiscard]] double gradual_sparsity(double target, std::uint64_t step, std::uint64_t total);

}  // namespace mx
