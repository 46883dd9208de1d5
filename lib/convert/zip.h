// SPDX-License-Identifier: Apache-2.0
// Zip archives, read and written (PKWARE APPNOTE 6.3: stored and deflated members, zip64, CRC-32).
// Refused: encryption, other methods, several disks, members that overlap or lie outside the file,
// doubled names, sizes that deflate cannot reach (over 1032 times the compressed bytes), bytes in
// front of the first member or behind the end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/input.h"
#include "io/output.h"

namespace mx {

struct ZipMember {
  std::string name;
  bool deflated = false;
  std::uint32_t crc = 0;
  std::uint64_t compressed = 0, size = 0;
  std::uint64_t header = 0, offset = 0;  // of its local header and of its bytes
};

class ZipReader {
 public:
  // `in` must be seekable and outlive the reader. At most 65,536 members, in the order of their
  // bytes. Throws Kind::input.
  explicit ZipReader(const io::Input& in);
  [[nodiscard]] const std::vector<ZipMember>& members() const { return members_; }
  // The member's bytes, read forward. Size and CRC are checked with its last byte: whoever has read
  // all of it has read the right bytes.
  [[nodiscard]] std::unique_ptr<io::Input> open(const ZipMember& member) const;

 private:
  const io::Input& in_;
  std::vector<ZipMember> members_;
};

// Stored members of known size, zip64 where needed, no time stamps (1980-01-01): same values, same
// bytes.
class ZipWriter {
 public:
  explicit ZipWriter(io::Output& out) : out_(out) {}
  // The member's bytes follow, in pieces; `size` and `crc` are of all of them.
  void begin(const std::string& name, std::uint64_t size, std::uint32_t crc);
  void write(ByteView bytes);
  // Central directory and end; does not commit the output.
  void finish();

 private:
  void put(ByteView bytes);

  io::Output& out_;
  std::vector<ZipMember> members_;
  std::uint64_t position_ = 0;
};

// CRC-32 of `bytes` behind bytes whose CRC is `before`.
[[nodiscard]] std::uint32_t crc32_of(ByteView bytes, std::uint32_t before = 0);

}  // namespace mx
