// SPDX-License-Identifier: Apache-2.0
// A container whose large tensors are used where they lie in the file: memory does not grow with
// it. They must have been written with WriteOptions::stored. A chunk's checksum is checked when the
// chunk is first touched, so opening costs no more than the head and the small tensors, which are
// decoded and held against the memory.
#pragma once

#include <memory>
#include <string>

#include "file/reader.h"

namespace mx {

class MappedContainer {
 public:
  // A regular file. Throws Kind::input.
  explicit MappedContainer(const std::string& path, std::uint64_t max_memory = 0);
  // A container in memory; `name` is what messages call it.
  MappedContainer(Bytes bytes, std::string name, std::uint64_t max_memory = 0);
  ~MappedContainer();
  MappedContainer(MappedContainer&&) noexcept;

  [[nodiscard]] const Overview& overview() const;
  // `count` bytes from `offset` on of the values of tensor `number` (of the directory); valid as
  // long as this. Throws Kind::input when they are damaged or the tensor is coded. Any thread.
  [[nodiscard]] ByteView bytes(std::size_t number, std::uint64_t offset, std::uint64_t count) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mx
