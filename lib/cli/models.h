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

// Refers to the session. What is read with it is admitted, and is what its identity is of: what is
// made of it records that.
[[nodiscard]] ReadOptions reading(Session& session);
// For what is not read as a whole: under a policy what is opened here has met it.
[[nodiscard]] std::unique_ptr<io::Input> open_model(const std::string& path, Session& session);

// Throws Kind::input with the clauses of the policy that the model does not meet; warns of what was
// done against its licences.
void admit(const Model& model, const std::string& path, Session& session);
void say_overrides(const Lineage& lineage, const std::string& path, Session& session);

// Whether anything that is kept beside the output would have to be sealed.
[[nodiscard]] bool seals(const Session& session);
// The output that is named, sealed to the --recipients; in a dry run nothing is kept. Without a
// name standard output.
[[nodiscard]] std::unique_ptr<io::Output> open_output(const Session& session);
// A model to it: the model's bytes, before they are sealed.
std::uint64_t write_model(Model& model, const Session& session, ThreadPool& pool,
                          const WriteOptions& options = {});

}  // namespace mx::cli
