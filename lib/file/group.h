// SPDX-License-Identifier: Apache-2.0
// A section of small tensors, read whole and checked, then taken apart tensor by tensor.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "file/forward.h"
#include "file/layout.h"
#include "file/model.h"
#include "file/sections.h"

namespace mx {

class Group {
 public:
  Group() = default;
  // entries: the stored ones from the group's first tensor on, which must outlive it.
  Group(Forward& in, const Opening& opening, std::span<const TensorEntry> entries);

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::size_t left() const { return count_ - next_; }
  // The next tensor; nullptr: it is passed over. `in` is for messages. later: as of read_tensor().
  TensorFact next(Forward& in, Weight* weight, Later* later = nullptr) {
    return read(in, next_++, weight, later);
  }
  // Tensor `number` of the group, below count(): any, any number of times.
  TensorFact read(Forward& in, std::size_t number, Weight* weight, Later* later = nullptr);

 private:
  [[nodiscard]] std::vector<EncodedPart> parts_at(Forward& in, std::size_t number,
                                                  std::size_t& bytes);

  std::shared_ptr<const Bytes> content_;
  std::span<const TensorEntry> entries_;
  std::vector<std::size_t> starts_;  // in the content, of the tensors whose places are known
  std::size_t next_ = 0, count_ = 0;
};

}  // namespace mx
