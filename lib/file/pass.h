// SPDX-License-Identifier: Apache-2.0
// One forward pass over a model file, tensor by tensor, decoding or only checking sums. At its end
// everything that was read is held against the index.
#pragma once

#include <cstdint>
#include <vector>

#include "base/threads.h"
#include "file/forward.h"
#include "file/group.h"
#include "file/layout.h"
#include "file/model.h"
#include "file/reader.h"
#include "file/sections.h"

namespace mx {

class Pass {
 public:
  // Reads signature and head; the largest tensor must be within the memory. Where sections are
  // verified, their SHA-256 and the nonzero counts are checked too.
  Pass(io::Input& in, ThreadPool& pool, const ReadOptions& options);

  [[nodiscard]] const Header& header() const { return header_; }
  [[nodiscard]] std::uint64_t version() const { return in_.rules.version; }
  // The next tensor; nullptr: its sums are checked only. False: there is none. Of one that repeats
  // another, `weight` is left empty for the caller to copy. later: as of read_tensor(), unless
  // sections are verified.
  bool next(Weight* weight, Later* later = nullptr);

  struct End {
    ModelStream::Tail tail;
    Index index;
    std::uint64_t bytes = 0;  // of the whole file
  };
  // Tensors not read yet are checked.
  [[nodiscard]] End finish();

 private:
  void compare(const Index& index) const;

  Forward in_;
  ThreadPool& pool_;
  bool verify_;
  bool counted_ = true;  // nonzeros of every tensor so far
  Header header_;
  std::vector<TensorEntry> stored_;
  std::size_t next_ = 0;  // of the directory
  std::vector<SectionFact> sections_;
  std::vector<TensorFact> facts_;  // of the stored tensors read
  Group group_;
};

}  // namespace mx
