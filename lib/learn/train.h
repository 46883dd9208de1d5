// SPDX-License-Identifier: Apache-2.0
// The one training loop: supervised, distilling, and recovering under masks. Its header knows no
// LibTorch, so that only learn/ and model/ pay for it.
//
// Everything random at step s is drawn from (seed, s), and the order of rows in epoch e from
// (seed, e): a checkpoint is weights, moments, the best weights and counters, and a run that was
// killed and started again ends with the same bytes as one that was not (same thread count).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "data/dataset.h"
#include "data/masking.h"
#include "file/model.h"
#include "learn/options.h"
#include "model/low_rank.h"
#include "net/network.h"
#include "shrink/prune.h"
#include "shrink/structure.h"

namespace mx {

class OutputCache;

enum class Divergence { forward_kl, reverse_kl, js };

struct DistillOptions {
  double temperature = 1;
  double alpha = 0.9;  // weight of the soft term, in [0, 1]
  Divergence divergence = Divergence::forward_kl;
  double beta = 0.5;                // of js, in (0, 1)
  std::string teacher_weight = {};  // W,...; empty: alike
  // What is matched beside or instead of logits (match.h), with which weights, layer by layer.
  std::string match = "logits", match_weight = {}, layer_map = {};

  Fields fields();
};

// Text that the student writes itself (learn/on_policy.h).
struct OnPolicyOptions {
  std::optional<double> share;         // of the batches; none: 0
  std::optional<std::int64_t> tokens;  // of each row; none: all but the first

  Fields fields();
};

// Teachers give logits for the student's rows; run in evaluation mode.
struct Teaching {
  std::vector<const Model*> teachers;
  DistillOptions options;
  const OutputCache* cache =
      nullptr;  // what they said of the training rows: they are not asked about these
  OnPolicyOptions on_policy = {};
};

// Called before step `step` (from 0) of `total`: new masks, or nullopt to leave them. `weights`
// copies the current ones, so ask for them only where masks change. Must depend on its arguments
// only. New masks begin a new search for the best weights, so that the result obeys the last ones.
using CurrentWeights = std::function<std::vector<Weight>()>;
using MaskSchedule = std::function<std::optional<std::vector<KeepMask>>(
    std::uint64_t step, std::uint64_t total, const CurrentWeights& weights)>;

struct CheckpointPlan {
  std::string path;  // empty: none
  std::string key;   // digest of data, result options and parents: another key is refused
};

struct TrainJob {
  Network network;
  // By name; what is missing is initialized from the seed (model/initialize.h).
  std::vector<Weight> start;
  // Where given, an adapter of `base` is trained instead: the result's weights are its
  // factors, and `start` is not asked.
  std::optional<LowRank> low_rank = {};
  std::span<const Weight> base = {};
  const Loaded* data = nullptr;
  std::optional<Masking> masking;  // mlm
  TrainOptions options;
  std::uint64_t seed = 0;
  std::size_t threads = 1;
  std::string device = "cpu";
  const Teaching* teaching = nullptr;
  std::vector<KeepMask> masks;  // zeros stay zero through moments and decay
  MaskSchedule mask_schedule;   // gradual pruning
  CheckpointPlan checkpoint;
  // Stops behind this step with its checkpoint saved, to be gone on with: the run that is never
  // stopped gives the same bytes.
  std::optional<std::uint64_t> pause_at;
};

struct TrainResult {
  std::vector<Weight> weights;  // best by validation loss where there is one, else the last
  std::vector<KeepMask> masks;  // those in force at the end
  std::uint64_t steps = 0;
  double seconds = 0;          // of this process, not for the file
  double rows_per_second = 0;  // lm, mlm: tokens
  // Of the fp32 operations that the threads could make at best, those that the network needs:
  // forward and twice as many back (once, where the network's weights stay). None for texts that
  // are classified, whose lengths differ.
  std::optional<double> share_of_peak;
  double step_seconds = 0;  // median of the first 1,000 steps
  double train_loss = 0;    // mean of the last epoch
  // The best so far; of a run that pauses, the one there if that is better.
  std::optional<double> valid_loss, valid_accuracy;
  int stopped_by = 0;  // signal: the checkpoint was saved, no model is to be written
};

// How many numbers the job trains.
[[nodiscard]] std::uint64_t parameters_of(const TrainJob& job);

// Throws Kind::failed when a loss is not finite (step, learning rate, hint; the last good
// checkpoint is kept), Kind::usage for a checkpoint of another run.
[[nodiscard]] TrainResult train(const TrainJob& job, Log& log);

// mean over rows of |w * dL/dw| for every prunable weight, in the network's order: the first-order
// Taylor importance (Molchanov et al. 2017, eq. 7), with L as importance_loss() says (loss.h).
[[nodiscard]] std::vector<Tensor> gradient_importance(const Network& network,
                                                      std::span<const Weight> weights,
                                                      const Schema* schema, const Dataset& data,
                                                      std::size_t threads);

// mean over rows of |dL/dg| for a gate g = 1 on each structure's output, summed over positions
// (Michel et al. 2019, eq. 2; for neurons and channels Molchanov et al. 2017, eq. 7).
[[nodiscard]] Importance gate_importance(const Network& network, std::span<const Weight> weights,
                                         const Schema* schema, const Dataset& data,
                                         const std::vector<StructureGroup>& groups,
                                         std::size_t threads);

// Logits of every row by the LibTorch executor: [rows, outputs].
[[nodiscard]] std::vector<float> torch_logits(const Network& network,
                                              std::span<const Weight> weights,
                                              std::span<const float> x, std::size_t rows,
                                              std::size_t threads);

}  // namespace mx
