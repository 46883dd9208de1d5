// SPDX-License-Identifier: Apache-2.0
// What can be read forward only (a pipe, a compressed file), held in memory to be read anywhere and
// again. Kept in blocks, so that it takes no more memory than its bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "io/input.h"

namespace mx::io {

class HeldInput final : public Input {
 public:
  // All that is left of `in`. Throws Kind::input when that is over `limit` bytes.
  HeldInput(std::unique_ptr<Input> in, std::uint64_t limit);

  [[nodiscard]] std::size_t read(std::span<std::uint8_t> out) override;
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] bool seekable() const override { return true; }
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  void read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  std::string name_;
  std::vector<Bytes> blocks_;  // all but the last of the same size
  std::uint64_t size_ = 0, at_ = 0;
};

}  // namespace mx::io
