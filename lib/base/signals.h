// SPDX-License-Identifier: Apache-2.0
// SIGINT, SIGTERM and SIGHUP as a flag that long work looks at between steps.
// The second signal ends the process at once, with 128 + its number. SIGPIPE is ignored, so that a
// broken pipe is an ordinary write error (EPIPE).
#pragma once

#include <cstddef>
#include <string>

namespace mx::signals {

// How the first signal is taken.
enum class First {
  finish_step,  // raise the flag; the work saves and ends: train, distil, prune
  end,          // remove the registered temporary files and end: all other commands
};

void install(First first);
// The first signal that came, 0 when none has.
[[nodiscard]] int caught() noexcept;

// A file that a signal which ends the process removes first. At most 16 at a time, paths up to 4095
// bytes; safe to call from any thread.
void remember_temporary(const std::string& path);
void forget_temporary(const std::string& path);

// Memory that a file is mapped to, to be forgotten before it is unmapped. Who touches a part of it
// that the file does not have any more, since someone cut it, ends the process as an error in its
// input does (exit code 3): `message` on standard error, temporary files removed. At most 16 at a
// time; safe to call from any thread.
void remember_mapping(const void* begin, std::size_t size, const std::string& message);
void forget_mapping(const void* begin);

}  // namespace mx::signals
