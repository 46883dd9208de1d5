// SPDX-License-Identifier: Apache-2.0
// Clusters of numbered items by union-find: the root of a cluster is its smallest number. The array
// is the caller's, so that it may be larger than memory (io/scratch.h).
#pragma once

#include <cstdint>
#include <span>

namespace mx {

class Clusters {
 public:
  // Every item alone.
  explicit Clusters(std::span<std::uint32_t> parents) : parents_(parents) {
    for (std::size_t i = 0; i < parents_.size(); ++i) parents_[i] = static_cast<std::uint32_t>(i);
  }
  [[nodiscard]] std::uint32_t root(std::uint32_t item) {
    while (parents_[item] != item) {
      parents_[item] = parents_[parents_[item]];  // halves the path
      item = parents_[item];
    }
    return item;
  }
  // False when they were together already.
  bool join(std::uint32_t a, std::uint32_t b) {
    a = root(a);
    b = root(b);
    if (a == b) return false;
    parents_[a < b ? b : a] = a < b ? a : b;
    return true;
  }

 private:
  std::span<std::uint32_t> parents_;
};

}  // namespace mx
