// SPDX-License-Identifier: Apache-2.0
// A temporary file without a name: for what is larger than memory. It is gone with the object, or
// with the process, however that ends. Throws Kind::output with folder and errno.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"

namespace mx::io {

class Scratch {
 public:
  // In `folder`; empty: $TMPDIR, else /tmp.
  explicit Scratch(const std::string& folder);
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch();

  void append(ByteView bytes);  // small ones are collected
  [[nodiscard]] std::uint64_t size() const { return size_; }
  void flush();  // what is collected: after it read_at() is safe from any thread
  // Exactly out.size() bytes. Not to be mixed with `append` from another thread.
  void read_at(std::uint64_t offset, std::span<std::uint8_t> out);

 private:
  int fd_ = -1;
  std::string folder_;
  std::uint64_t size_ = 0;  // with what is collected
  Bytes pending_;
};

// An array in such a file, mapped: the system keeps of it in memory what it has room for. All bytes
// are zero first.
class ScratchMap {
 public:
  ScratchMap(const std::string& folder, std::uint64_t bytes);
  ScratchMap(const ScratchMap&) = delete;
  ScratchMap& operator=(const ScratchMap&) = delete;
  ~ScratchMap();
  template <class T>
  [[nodiscard]] std::span<T> as() {
    return {reinterpret_cast<T*>(data_), bytes_ / sizeof(T)};
  }

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace mx::io
