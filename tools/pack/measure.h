// SPDX-License-Identifier: Apache-2.0
// What a change of form costs on rows that the user names (--calibrate).
#pragma once

#include <optional>

#include "data/dataset.h"
#include "infer/metrics.h"

namespace mx::pack {

class Measure {
 public:
  [[nodiscard]] Fields fields();
  [[nodiscard]] bool wanted() const { return !options_.data.empty(); }
  // Reads the rows once, as the model's schema says. Throws Kind::usage when it has none.
  void load(const Model& model, ThreadPool& pool, Log& log);
  [[nodiscard]] Evaluation run(const Model& model, ThreadPool& pool) const;
  [[nodiscard]] const std::vector<DataUsed>& used() const { return loaded_.used; }

 private:
  DataOptions options_;
  Loaded loaded_;
};

}  // namespace mx::pack
