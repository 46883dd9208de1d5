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
  // Reads the rows once, as the model's schema says; of a model that makes vectors of texts, the
  // texts. Throws Kind::usage for others without a schema.
  void load(const Model& model, ThreadPool& pool, Log& log);
  // Whether there is a loss: none of vectors, of which nothing says that they are right.
  [[nodiscard]] bool scores() const { return schema_.has_value(); }
  // What opens rows that are sealed, and how much memory rows may take.
  void open_with(io::AgeKeys keys, std::uint64_t max_memory) {
    options_.keys = std::move(keys);
    options_.max_memory = max_memory;
  }
  // At most `most` rows to solve on; wants solves().
  [[nodiscard]] CalibrationRows rows(std::size_t most) const;
  [[nodiscard]] Evaluation run(const Model& model, ThreadPool& pool) const;
  // `model` (b) beside the same network with `other` weights (a); quick: on at most 256 rows.
  [[nodiscard]] Comparison compare(const Model& model, std::span<const Weight> other,
                                   ThreadPool& pool, bool quick = false) const;
  // How far the vectors of the two are apart: the mean of 1 - cosine.
  [[nodiscard]] double vectors_apart(const Model& model, std::span<const Weight> other,
                                     ThreadPool& pool) const;
  [[nodiscard]] const std::vector<DataUsed>& used() const { return used_; }

 private:
  void keep_apart();

  DataOptions options_;
  std::optional<Schema> schema_;
  Dataset solved_, measured_, few_;
  std::vector<DataUsed> used_;
};

}  // namespace mx::pack
