// SPDX-License-Identifier: Apache-2.0
// A regular file mapped into memory, for reading: pages come when they are touched and go when the
// system needs room. The file may be replaced (renamed over) meanwhile; where it is cut instead,
// the process ends as for an incomplete input when it touches what is gone (base/signals.h).
#pragma once

#include <string>

#include "base/bytes.h"

namespace mx::io {

class MappedFile {
 public:
  // Throws Kind::input with path and errno, and for what is no regular file.
  explicit MappedFile(const std::string& path);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();
  [[nodiscard]] ByteView bytes() const { return {data_, size_}; }

 private:
  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace mx::io
