// SPDX-License-Identifier: Apache-2.0
// What a run will cost, found out by making its first few steps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/threads.h"
#include "learn/train.h"

namespace mx {

struct Estimate {
  std::uint64_t parameters = 0, steps = 0;
  double seconds = 0;
  std::optional<double> share_of_peak;  // as TrainResult
  std::uint64_t memory = 0;             // bytes, of the whole process
  std::uint64_t output = 0;             // bytes of the model file
};
// `model` gets the trial's weights and tells the size of the file; it is not written. Throws what
// the run itself would throw, a foreign checkpoint included.
[[nodiscard]] Estimate estimate(const TrainJob& job, Model& model, ThreadPool& pool);

[[nodiscard]] Json to_json(const Estimate& estimate);
[[nodiscard]] std::string describe(const Estimate& estimate);

}  // namespace mx
