// SPDX-License-Identifier: Apache-2.0
// The rows that a user names for a change of form: to solve on (--calibrate) and to measure what it
// costs (--valid, else part K of --fold K/N or every tenth row of --calibrate, which is then not
// solved on).
#pragma once

#include <optional>

#include "data/dataset.h"
#include "infer/metrics.h"
#include "shrink/moments.h"

namespace mx::pack {

class Measure {
 public:
  [[nodiscard]] Fields fields();
  [[nodiscard]] bool wanted() const { return !options_.data.empty() || !options_.valid.empty(); }
  [[nodiscard]] bool solves() const { return !options_.data.empty(); }
  // Reads the rows once, as the model's schema says. Throws Kind::usage when it has none.
  void load(const Model& model, ThreadPool& pool, Log& log);
  // What opens rows that are sealed.
  void open_with(io::AgeKeys keys) { options_.keys = std::move(keys); }
  // At most `most` rows to solve on; wants solves().
  [[nodiscard]] CalibrationRows rows(std::size_t most) const;
  [[nodiscard]] Evaluation run(const Model& model, ThreadPool& pool) const;
  // `model` (b) beside the same network with `other` weights (a); quick: on at most 256 rows.
  [[nodiscard]] Comparison compare(const Model& model, std::span<const Weight> other,
                                   ThreadPool& pool, bool quick = false) const;
  [[nodiscard]] const std::vector<DataUsed>& used() const { return used_; }

 private:
  void keep_apart();

  DataOptions options_;
  Schema schema_;
  Dataset solved_, measured_, few_;
  std::vector<DataUsed> used_;
};

}  // namespace mx::pack
