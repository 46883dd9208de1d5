// SPDX-License-Identifier: Apache-2.0
// Everything mx-prune can be told, and which of it goes together.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "data/dataset.h"
#include "learn/options.h"
#include "learn/train.h"
#include "shrink/prune.h"

namespace mx::prune {

struct Options {
  PruneOptions prune;
  TrainOptions train;  // of the fine-tuning
  DataOptions data;
  std::vector<std::string> calibrate;  // rows that gradients are taken over
  std::vector<std::string> teachers;   // of the fine-tuning
  DistillOptions distill;

  // mx-train's --schedule is --lr-schedule here, its lengths are --finetune-epochs and -steps.
  [[nodiscard]] Fields fields();
  // Refuses (Kind::usage) what does not go together, and settles what follows from the rest.
  void settle();

  // The schema says what rows look like: refuses (Kind::usage) options that would say it again.
  void check_facts(const cli::Session& session, bool has_schema) const;
  // What affected the result: nothing of the training without fine-tuning, nothing of rows without.
  // text: the rows are text; settled: by a schema that the model has.
  [[nodiscard]] Json for_lineage(const cli::Session& session, bool text, bool settled);

  [[nodiscard]] Pattern pattern() const { return parse_pattern(prune.pattern); }
  [[nodiscard]] bool finetunes() const { return prune.finetune_epochs || prune.finetune_steps; }
  [[nodiscard]] bool searches() const { return prune.max_loss_increase.has_value(); }
  // Whether what the parts are worth is one and the same for all sparsities.
  [[nodiscard]] bool knows_importance() const {
    return !gradual() &&
           (prune.criterion == Criterion::gradient ||
            (prune.criterion == Criterion::likelihood && prune.settled_scope() == Scope::global));
  }
  [[nodiscard]] bool gradual() const { return prune.schedule == PruneSchedule::gradual; }
};

}  // namespace mx::prune
