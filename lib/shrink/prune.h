// SPDX-License-Identifier: Apache-2.0
// Which weights to remove: pure functions from importance to masks, with exact counts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/threads.h"
#include "net/network.h"
#include "tensor/tensor.h"

namespace mx {

enum class Criterion { magnitude, gradient, wanda, sparsegpt, likelihood };
enum class Scope { automatic, global, layer, outliers, sensitivity };
enum class PruneSchedule { one_shot, gradual };

enum class Structure { neurons, channels, heads, blocks, width };  // structure.h
struct Pattern {
  enum class Kind { free, n_of_m, structures } kind = Kind::free;
  std::int64_t n = 0, m = 0;  // n_of_m: n of every m stay
  Structure structure = Structure::neurons;
};
[[nodiscard]] Pattern parse_pattern(const std::string& text);  // throws Kind::usage

struct PruneOptions {
  std::optional<double> sparsity;  // share of the prunable weights (or structures) to remove
  Criterion criterion = Criterion::magnitude;
  std::string pattern = "free";  // free, N:M, or a structure (structure.h)
  Scope scope = Scope::automatic;
  PruneSchedule schedule = PruneSchedule::one_shot;
  std::optional<std::int64_t> finetune_epochs, finetune_steps;
  std::optional<double> max_loss_increase;
  std::string keep;  // regular expression of tensors never pruned
  double damping = 0.01;
  std::int64_t refine = 30;
  std::optional<std::int64_t> rows;  // of calibration
  std::string importance;            // file that keeps what was measured

  // Whether maps are pruned one after the other, on what they see (sparsify.h).
  [[nodiscard]] bool layerwise() const {
    return criterion == Criterion::wanda || criterion == Criterion::sparsegpt;
  }
  [[nodiscard]] Scope settled_scope() const {
    const bool alone = layerwise() && parse_pattern(pattern).kind != Pattern::Kind::structures;
    return scope != Scope::automatic ? scope : alone ? Scope::layer : Scope::global;
  }

  Fields fields();
};

struct Scores {  // importance of one prunable weight's numbers, non-negative
  std::string name;
  Shape shape;
  std::vector<float> values;
};

// |w| of every prunable weight whose name `keep` (a regular expression, matched anywhere; empty:
// none) does not match. Numbers that are not finite throw Kind::input, a bad expression
// Kind::usage.
[[nodiscard]] std::vector<Scores> magnitude_scores(const Network& network,
                                                   std::span<const Weight> weights,
                                                   const std::string& keep);
// The same weights, scored by `importance`: one tensor per prunable weight, in the network's order.
[[nodiscard]] std::vector<Scores> scores_from(const Network& network,
                                              const std::vector<Tensor>& importance,
                                              const std::string& keep);

struct KeepMask {
  std::string name;
  std::vector<std::uint8_t> keep;  // 1: stays
};

// Removes exactly round(sparsity * numbers) in all (global) or of each weight (layer), the least
// important first; ties go by position, so that the result is one and the same.
[[nodiscard]] std::vector<KeepMask> choose_free(const std::vector<Scores>& scores, double sparsity,
                                                Scope scope);
// The same of magnitude_scores(), in place: zeroes what apply_masks() of choose_free() would, and
// returns how many. Takes no memory; prunable weights must be plain f32.
std::uint64_t prune_magnitudes(const Network& network, std::vector<Weight>& weights,
                               double sparsity, Scope scope, const std::string& keep,
                               ThreadPool& pool);
// Of every m consecutive numbers of a row, the n most important stay (2:4: n = 2, m = 4). A rest of
// fewer than m keeps the same share, rounded up.
[[nodiscard]] std::vector<KeepMask> choose_n_of_m(const std::vector<Scores>& scores, std::int64_t n,
                                                  std::int64_t m);
// Zeroes what the masks do not keep. A mask of no weight, or of another size, throws Kind::failed.
void apply_masks(std::vector<Weight>& weights, const std::vector<KeepMask>& masks);

// Sparsity at step s of `total`, rising to `target` by a cubic (Zhu and Gupta 2017, eq. 1).
[[nodiscard]] double gradual_sparsity(double target, std::uint64_t step, std::uint64_t total);

}  // namespace mx
