// SPDX-License-Identifier: Apache-2.0
// Bytes out, whole or not at all: a temporary file beside the target, fsync, rename. "-" is
// standard output and /dev/null (any device or FIFO) is written directly. Every write and the close
// are checked: Kind::output with path and errno. An Output that is not committed leaves nothing
// behind.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace mx::io {

class Output {
 public:
  virtual ~Output() = default;
  // Small writes are collected.
  virtual void write(ByteView bytes) = 0;
  // Hands everything collected to the system: what a filter does before it waits for more input.
  virtual void flush() = 0;
  // Flush, fsync, rename into place. Nothing may be written after it.
  virtual void commit() = 0;
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual std::uint64_t written() const = 0;
};

enum class Existing { refuse, replace };
// What an output whose name nobody gave (MODEL.minisig, KEY.pub) does about a link at that name.
enum class Links { follow, refuse };

// What a run must know before it starts: throws Kind::usage when `path` exists and may not be
// replaced, or is one of `inputs` (compared by device and inode), Kind::output when its folder
// cannot be written. "-" passes (binary to a terminal is cli's to refuse).
void check_output(const std::string& path, Existing existing,
                  const std::vector<std::string>& inputs);

// Whether two outputs, none of them there yet maybe, would be one file. Standard output, devices
// and FIFOs are written as they come and are no file.
[[nodiscard]] bool same_target(const std::string& one, const std::string& other);

// Opens the temporary file `.NAME.mx-PID-XXXXXX.tmp` beside `path`; stale ones of killed runs
// (their lock is free) are removed first. The temporary file is remembered in base/signals.
[[nodiscard]] std::unique_ptr<Output> open_output(const std::string& path,
                                                  Existing existing = Existing::refuse,
                                                  Links links = Links::follow);
// Collects into memory.
[[nodiscard]] std::unique_ptr<Output> memory_output(Bytes& to);

// An EPIPE on standard output: thrown instead of Error, so that filters end quietly.
struct BrokenPipe {};

}  // namespace mx::io
