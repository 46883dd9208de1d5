// SPDX-License-Identifier: Apache-2.0
// What is inside a file of age's, in parts of 64 KiB (C2SP, "age", "Payload"; the STREAM
// construction): each is authenticated with its place and with whether it is the last.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "io/secret.h"

namespace mx::io {

inline constexpr std::size_t kAgeTag = 16, kAgePart = 65536, kAgeSealedPart = kAgePart + kAgeTag;

class AgeParts {
 public:
  // Derived from the file's key and the nonce in front of the parts.
  explicit AgeParts(const SecretArray<32>& key) : key_(key) {}

  void seal(std::uint64_t number, bool last, ByteView plain, Bytes& out) const;
  // False: it is not that part.
  [[nodiscard]] bool open(std::uint64_t number, bool last, ByteView sealed, Bytes& out) const;

 private:
  SecretArray<32> key_;
};

}  // namespace mx::io
