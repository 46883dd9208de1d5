// SPDX-License-Identifier: Apache-2.0
// How a command reads its models: within --max-memory, and only those that are signed as
// --require-signed says. For commands whose Honours name `models`.
#pragma once

#include <memory>
#include <string>

#include "cli/command.h"
#include "file/reader.h"
#include "file/signatures.h"

namespace mx::cli {

// Refers to the session.
[[nodiscard]] inline ReadOptions reading(const Session& session) {
  return {.max_memory = session.max_memory(), .trust = &session.common().trust};
}
[[nodiscard]] inline std::unique_ptr<io::Input> open_model(const std::string& path,
                                                           const Session& session) {
  return mx::open_model(path, &session.common().trust);
}

}  // namespace mx::cli
