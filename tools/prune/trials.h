// SPDX-License-Identifier: Apache-2.0
// What a search has tried so far, kept beside the checkpoint so that a killed search goes on where
// it was.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/threads.h"
#include "shrink/search.h"

namespace mx::prune {

class Trials {
 public:
  // Empty path: nothing is kept. A file of another key is taken as none.
  Trials(std::string path, std::string key, ThreadPool& pool);
  [[nodiscard]] std::optional<double> loss_at(double sparsity) const;
  void add(const Trial& trial);

 private:
  std::string path_, key_;
  ThreadPool& pool_;
  std::vector<Trial> trials_;
};

}  // namespace mx::prune
