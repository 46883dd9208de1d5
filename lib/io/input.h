// SPDX-License-Identifier: Apache-2.0
// Bytes in: a file, a FIFO or standard input ("-"), read forward; regular files also at any offset.
// Messages name the path (standard input is called so). Throws Kind::input with path and errno.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace mx::io {

class Input {
 public:
  virtual ~Input() = default;
  // Up to out.size() bytes, blocking until at least one is there; 0 at the end.
  [[nodiscard]] virtual std::size_t read(std::span<std::uint8_t> out) = 0;
  [[nodiscard]] virtual const std::string& name() const = 0;  // for messages
  // Size when this is a regular file read as it is, else 0 and no read_at.
  [[nodiscard]] virtual bool seekable() const { return false; }
  [[nodiscard]] virtual std::uint64_t size() const { return 0; }
  // Exactly out.size() bytes at `offset`; does not move the forward position; safe from any thread.
  virtual void read_at(std::uint64_t offset, std::span<std::uint8_t> out) const;
};

enum class Decompress { no, by_magic };  // by_magic: gzip and zstd are seen through

// Opens `path` or "-". A folder, a missing file, no permission: Kind::input.
[[nodiscard]] std::unique_ptr<Input> open_input(const std::string& path,
                                                Decompress decompress = Decompress::no);
// Text that is read whole: a key, a signature, settings. A regular file, standard input, or what
// the shell handed over as a descriptor (`<(command)`); anything else (a FIFO, a device) is
// refused, not waited for.
[[nodiscard]] std::unique_ptr<Input> open_document(const std::string& path);
// A regular file that a run of ours left. Refused when it belongs to another user (who is not root)
// or when everybody may write it: in a shared folder, anybody can put one there.
[[nodiscard]] std::unique_ptr<Input> open_own(const std::string& path);
// A file that nobody but its owner may read, or a pipe.
[[nodiscard]] std::unique_ptr<Input> open_private(const std::string& path);
// Bytes already in memory (which must outlive it), as an Input that is seekable.
[[nodiscard]] std::unique_ptr<Input> memory_input(ByteView bytes, std::string name);

// Exactly out.size() bytes, or Kind::input "NAME is incomplete".
void read_exactly(Input& in, std::span<std::uint8_t> out);
// Everything left, at most `limit` bytes (more is Kind::input).
[[nodiscard]] Bytes read_all(Input& in, std::uint64_t limit);

// Lines of any length up to `limit` bytes, ended by LF or CRLF (removed) or by the end.
class LineReader {
 public:
  LineReader(Input& in, std::size_t limit) : in_(in), limit_(limit) {}
  // False at the end. `line` is valid until the next call.
  [[nodiscard]] bool next(std::string_view& line);
  [[nodiscard]] std::uint64_t number() const { return number_; }  // of the last line, from 1
  // Whether next() has its answer without reading: when not, a filter flushes its output first.
  [[nodiscard]] bool buffered() const {
    return ended_ || buffer_.find('\n', begin_) != std::string::npos;
  }

 private:
  Input& in_;
  std::size_t limit_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::uint64_t number_ = 0;
  bool ended_ = false;
};

}  // namespace mx::io
