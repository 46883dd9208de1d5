// SPDX-License-Identifier: Apache-2.0
// A section of small tensors, read whole and checked, then taken apart tensor by tensor.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "file/forward.h"
#include "file/layout.h"
#include "file/model.h"
#include "file/sections.h"

namespace mx {

class Group {
 public:
  Group() = default;
  // entries: the directory from the group's first tensor on.
  Group(Forward& in, const Opening& opening, std::span<const TensorEntry> entries);

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::size_t left() const { return left_; }
  // The next tensor, whose entry this must be; nullptr: it is passed over. `in` is for messages.
  // later: as of read_tensor().
  TensorFact next(Forward& in, const TensorEntry& entry, Weight* weight, Later* later = nullptr);

 private:
  std::shared_ptr<const Bytes> content_;
  std::size_t at_ = 0, count_ = 0, left_ = 0;
};

}  // namespace mx
