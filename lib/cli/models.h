// SPDX-License-Identifier: Apache-2.0
// How a command reads its models, within --max-memory and signed and sealed as its options say, and
// how it writes what it makes. For commands whose Honours name `models`.
#pragma once

#include <memory>
#include <string>

#include "cli/command.h"
#include "file/reader.h"
#include "file/signatures.h"
#include "file/writer.h"
#include "io/output.h"

namespace mx::cli {

// Refers to the session.
[[nodiscard]] ReadOptions reading(const Session& session);
[[nodiscard]] std::unique_ptr<io::Input> open_model(const std::string& path,
                                                    const Session& session);

// Whether anything that is kept beside the output would have to be sealed.
[[nodiscard]] bool seals(const Session& session);
// The output that is named, sealed to the --recipients; in a dry run nothing is kept. Without a
// name standard output.
[[nodiscard]] std::unique_ptr<io::Output> open_output(const Session& session);
// A model to it: the model's bytes, before they are sealed.
std::uint64_t write_model(Model& model, const Session& session, ThreadPool& pool,
                          const WriteOptions& options = {});

}  // namespace mx::cli
