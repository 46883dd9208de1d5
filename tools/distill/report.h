// SPDX-License-Identifier: Apache-2.0
// What a distillation came to: teachers, student and, where it was trained, the same student alone,
// all measured on the same rows.
#pragma once

#include <cstdint>
#include <vector>

#include "base/threads.h"
#include "cli/command.h"
#include "data/dataset.h"
#include "file/model.h"
#include "infer/quality.h"
#include "learn/train.h"

namespace mx {

struct Outcome {
  const Model& student;
  const std::vector<Model>& teachers;
  const Model* control;  // null: not trained
  const Loaded& data;
  const TrainResult& result;
  const Quality& quality;
  std::uint64_t bytes;  // of the student's file
};
// Measured on test rows, else validation rows, else those that were learned from.
void report(const Outcome& outcome, cli::Session& session, ThreadPool& pool);

}  // namespace mx
