// SPDX-License-Identifier: Apache-2.0
// A model file's tensors as other formats want them: any one at any time, quantized ones as the
// 32-bit numbers they stand for.
#pragma once

#include <memory>

#include "base/threads.h"
#include "convert/source.h"
#include "file/reader.h"
#include "file/weight_reader.h"

namespace mx {

// Entries as values of plain types; adds to `quantized` how many were not.
[[nodiscard]] std::vector<TensorEntry> plain_entries(std::vector<TensorEntry> entries,
                                                     std::size_t& quantized);

class ModelSource final : public TensorSource {
 public:
  // Of a regular file one tensor is in memory at a time; a pipe is read whole. `pool` must outlive
  // it. Throws Kind::input.
  ModelSource(std::unique_ptr<io::Input> in, ThreadPool& pool, const ReadOptions& options);

  // Of a pipe: header, lineage and identity.
  [[nodiscard]] const Overview& overview() const { return overview_; }
  [[nodiscard]] std::size_t quantized() const { return quantized_; }  // how many tensors are
  [[nodiscard]] const std::vector<TensorEntry>& entries() const override { return entries_; }
  [[nodiscard]] Tensor read(std::size_t i) const override;
  [[nodiscard]] std::uint64_t glance(std::size_t i) const override;

 private:
  std::unique_ptr<io::Input> in_;
  Overview overview_;
  std::unique_ptr<WeightReader> reader_;  // of a file
  std::vector<Weight> weights_;           // of a pipe
  std::vector<TensorEntry> entries_;
  std::size_t quantized_ = 0;
};

}  // namespace mx
