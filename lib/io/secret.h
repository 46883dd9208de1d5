// SPDX-License-Identifier: Apache-2.0
// Files that hold secrets: keys and passphrases. They are read only when nobody but their owner may
// read them, written for the owner alone, and never over a file that is there.
#pragma once

#include <string>

namespace mx::io {

// All of it, at most 64 KiB. A pipe is read as it is (`<(command)`). Throws Kind::input when it
// cannot be read, or is a file that others than its owner can read.
[[nodiscard]] std::string read_secret(const std::string& path);
// The first line, without its end. Throws Kind::input when there is none.
[[nodiscard]] std::string read_passphrase(const std::string& path);
// A new file, mode 0600. Throws Kind::usage when `path` is there, Kind::output when it cannot be
// written whole; it is then removed.
void write_secret(const std::string& path, const std::string& text);

}  // namespace mx::io
