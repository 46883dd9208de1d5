// SPDX-License-Identifier: Apache-2.0
// Single tensors of a regular file, each held against the index: their section's length and SHA-256
// too. Of small neighbours that are asked for one after the other the section is read once.
#pragma once

#include <optional>
#include <vector>

#include "base/threads.h"
#include "file/group.h"
#include "file/reader.h"
#include "io/range_input.h"

namespace mx {

// A section of the file as the index states it: its kind and length. Throws Kind::input for
// another; `in` must begin there.
[[nodiscard]] Opening open_section(Forward& in, const StoredSection& section);

class WeightReader {
 public:
  // All must outlive it. max_memory: as of ReadOptions, for one tensor. For one thread.
  WeightReader(const io::Input& in, const Overview& overview, ThreadPool& pool,
               std::uint64_t max_memory = 0);
  // Tensor `number` of the directory. Throws Kind::input.
  [[nodiscard]] Weight read(std::size_t number);

 private:
  const io::Input& in_;
  const Overview& overview_;
  ThreadPool& pool_;
  std::uint64_t max_memory_;
  std::vector<TensorEntry> stored_;
  std::vector<std::size_t> places_;  // of each entry of the directory, among those stored
  // The last section of small tensors.
  std::optional<std::size_t> section_;
  Group group_;
};

}  // namespace mx
