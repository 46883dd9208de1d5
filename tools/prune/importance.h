// SPDX-License-Identifier: Apache-2.0
// What the parts of one network are worth, measured once and used for any target: by the trials of
// a search, and from a file (--importance) by later runs. The file is one of tensors whose `extra`
// says what they were measured on; used for anything else it is refused.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/threads.h"
#include "data/dataset.h"
#include "file/model.h"
#include "shrink/structure.h"

namespace mx::prune {

// Group and number of structures, as they go.
using Order = std::vector<std::pair<std::size_t, std::size_t>>;

class KnownImportance {
 public:
  // What importance depends on.
  struct Facts {
    std::string model;      // identity
    std::string rows;       // rows_digest() with labels
    std::string criterion;  // "gradient", "likelihood"
    std::string parts;      // "weights", or the structures' name
    std::string keep;       // of structures: those that take no part
  };
  // An empty file: in memory alone. The record is the file's lineage, when it is made.
  KnownImportance(std::string file, Facts facts, Lineage lineage, std::uint64_t max_memory);

  // Each of these calls `measure` the first time, unless the file is there. Throws Kind::usage for
  // a file that was measured on something else, naming what, Kind::input for a damaged one.
  [[nodiscard]] std::vector<Tensor> of_weights(const Network& network,
                                               const std::function<std::vector<Tensor>()>& measure,
                                               ThreadPool& pool);
  [[nodiscard]] Importance of_structures(const std::vector<StructureGroup>& groups,
                                         const std::function<Importance()>& measure,
                                         ThreadPool& pool);
  [[nodiscard]] Order order(const std::vector<StructureGroup>& groups,
                            const std::function<Order()>& measure, ThreadPool& pool);

 private:
  // The tensors, read, or measured and written.
  const std::vector<Weight>& get(const std::function<std::vector<Weight>()>& measure,
                                 ThreadPool& pool);
  void check(const Header& header) const;
  [[noreturn]] void damaged(std::string_view what) const;

  std::string file_;
  Facts facts_;
  Lineage lineage_;
  std::uint64_t max_memory_;
  std::vector<Weight> known_;
};

}  // namespace mx::prune
