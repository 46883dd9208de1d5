// SPDX-License-Identifier: Apache-2.0
// What the training loop can be told: shared by mx-train, mx-distill and mx-prune.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"

namespace mx {

enum class Optimizer { gd, sgd, adam, adamw };
enum class Schedule { constant, linear, cosine };
enum class Precision { fp32, bf16 };

struct TrainOptions {
  Optimizer optimizer = Optimizer::adam;
  double lr = 1e-3;
  double momentum = 0.9;    // sgd
  double weight_decay = 0;  // adamw: decoupled; others: added to the gradient (L2)
  Schedule schedule = Schedule::constant;
  std::int64_t warmup = 0;                    // steps
  std::optional<std::int64_t> epochs, steps;  // one of them; default 20 epochs
  std::int64_t batch_size = 32, accumulate = 1;
  double clip = 0;  // global gradient norm, 0: none
  Precision precision = Precision::fp32;
  bool activation_checkpointing = false;
  std::string augment;                     // shift:N
  bool shuffle = true;                     // JSON and flags: yes, no
  std::optional<std::int64_t> eval_every;  // steps; default: every epoch
  std::int64_t patience = 0;  // evaluations without a better validation loss, 0: no stop
  std::optional<std::int64_t> checkpoint_every;  // steps; default: every 30 seconds
  std::string resume = "auto";                   // auto, never, FILE
  std::string checkpoint;                        // default OUTPUT.ckpt

  Fields fields();
};

// What commas divide; none of an empty text.
[[nodiscard]] std::vector<std::string> items_of(std::string_view list);
// Likewise, numbers above 0. Throws Kind::usage, naming `option`.
[[nodiscard]] std::vector<double> positive_numbers(std::string_view list, std::string_view option);

}  // namespace mx
