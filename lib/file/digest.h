// SPDX-License-Identifier: Apache-2.0
// SHA-256 (OpenSSL) of sections, files and data; XXH3-128 of chunks.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "file/model.h"
#include "io/input.h"

namespace mx {

class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  void add(ByteView bytes);
  [[nodiscard]] Sha256 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

[[nodiscard]] Sha256 sha256(ByteView bytes);
[[nodiscard]] Sha256 sha256_rest(io::Input& in);
// Of the file's bytes as they lie on disk (compressed files: the compressed bytes).
[[nodiscard]] Sha256 sha256_file(const std::string& path);
[[nodiscard]] std::string to_hex(const Sha256& digest);
[[nodiscard]] std::string short_of(const Sha256& digest);  // its first 12 digits, for people

using Xxh128 = std::array<std::uint8_t, 16>;  // canonical (big-endian) form
inline constexpr std::size_t kGlance = 4096;
// Of the first kGlance bytes only: what begins otherwise is something else.
[[nodiscard]] std::uint64_t glance_at(ByteView bytes);
[[nodiscard]] Xxh128 xxh128(ByteView bytes, std::uint64_t seed = 0);

}  // namespace mx
