// SPDX-License-Identifier: Apache-2.0
// A range of a seekable input as an input of its own: read forward from its beginning, or anywhere.
#pragma once

#include <cstdint>

#include "io/input.h"

namespace mx::io {

class RangeInput final : public Input {
 public:
  // `in`, which has these bytes, must outlive it.
  RangeInput(const Input& in, std::uint64_t begin, std::uint64_t size)
      : in_(in), begin_(begin), size_(size) {}
  explicit RangeInput(const Input& all) : RangeInput(all, 0, all.size()) {}

  [[nodiscard]] std::size_t read(std::span<std::uint8_t> out) override;
  [[nodiscard]] const std::string& name() const override { return in_.name(); }
  [[nodiscard]] bool seekable() const override { return true; }
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  void read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override;
  // Where the next read() begins.
  [[nodiscard]] std::uint64_t place() const { return at_; }

 private:
  const Input& in_;
  std::uint64_t begin_, size_, at_ = 0;
};

}  // namespace mx::io
