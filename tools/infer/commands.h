// SPDX-License-Identifier: Apache-2.0
// The verbs of mx-infer, each in the file of its name.
#pragma once

#include <memory>
#include <string>

#include "base/threads.h"
#include "cli/command.h"
#include "file/reader.h"

namespace mx::infer {

[[nodiscard]] std::unique_ptr<cli::Command> predict_command();  // without a verb
[[nodiscard]] std::unique_ptr<cli::Command> eval_command();
[[nodiscard]] std::unique_ptr<cli::Command> compare_command();
[[nodiscard]] std::unique_ptr<cli::Command> bench_command();

// The model of a path or "-", within --max-memory.
[[nodiscard]] inline Model load(const std::string& path, ThreadPool& pool,
                                const cli::Session& session) {
  return read_model(path, pool, {.max_memory = session.max_memory()});
}

}  // namespace mx::infer
