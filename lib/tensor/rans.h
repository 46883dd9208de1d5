// SPDX-License-Identifier: Apache-2.0
// Entropy coding of a plane of bytes by 128 interleaved range coders of asymmetric numeral systems
// (rANS; Duda, arXiv:1311.2540; interleaving by Giesen, arXiv:1402.3392), made for vector
// registers: states of 16 bits, renewed a byte at a time, and tables of 256 slots, one for each
// block of 32,768 bytes. Rare bytes share one slot and follow apart. Layout: lib/file/FORMAT.md,
// "rANS".
#pragma once

#include <memory>
#include <span>

#include "base/bytes.h"

namespace mx {

inline constexpr std::size_t kRansBlock = 32768;  // bytes that share a table

// Appends the coded plane; or nothing, and returns false, where that would not be shorter.
[[nodiscard]] bool rans_encode(ByteWriter& out, ByteView plane);
// What rans_encode() wrote, a block at a time. Everything throws Kind::input.
class RansReader {
 public:
  // `n`: bytes of the plane.
  RansReader(ByteReader& in, std::size_t n);
  RansReader(RansReader&&) noexcept;
  ~RansReader();
  // The plane's next bytes: kRansBlock of them, in the end the rest.
  void next(std::span<std::uint8_t> out);
  // After all: throws unless the streams ended, in the state that every encoder starts from.
  void finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mx
