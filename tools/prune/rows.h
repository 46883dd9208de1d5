// SPDX-License-Identifier: Apache-2.0
// The rows of one pruning: to train on, to measure the loss on, to take gradients over.
#pragma once

#include <optional>
#include <vector>

#include "base/threads.h"
#include "file/model.h"
#include "infer/metrics.h"
#include "prune/method.h"

namespace mx::prune {

class Rows {
 public:
  // With the model's schema, or, when it has none, one that is learned and stored in it. Throws
  // Kind::input when the rows are not the network's.
  void load(const Options& options, Model& model, std::uint64_t seed, ThreadPool& pool, Log& log);

  [[nodiscard]] const Schema* schema() const { return schema_ ? &*schema_ : nullptr; }
  [[nodiscard]] const Loaded* training() const { return data_ ? &*data_ : nullptr; }
  [[nodiscard]] const Dataset* calibration() const;
  // The validation rows, or else the training rows; without --data none.
  [[nodiscard]] const Dataset* measured() const;
  [[nodiscard]] std::string_view measured_name() const;  // "valid", "train"
  [[nodiscard]] std::optional<Evaluation> evaluation(const Subject& subject,
                                                     ThreadPool& pool) const;
  [[nodiscard]] std::optional<double> loss(const Subject& subject, ThreadPool& pool) const;
  [[nodiscard]] std::vector<DataUsed> used() const;  // for the lineage

 private:
  std::optional<Schema> schema_;
  std::optional<Loaded> data_, calibrate_;
};

}  // namespace mx::prune
