// SPDX-License-Identifier: Apache-2.0
// The options all commands share, and what must be right about them before a command runs.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/run.h"

namespace mx::cli {

// The common options that a command with these honours takes.
[[nodiscard]] Fields common_fields(Common& common, const Honours& honours);

// Throws Kind::usage (Kind::output for a folder) when the outputs cannot be written, are inputs, or
// stand in each other's way. `words` stand alone on the command line; fields that hold files are
// inputs too.
void check_outputs(const Common& common, const Honours& honours, const Options& options,
                   const std::vector<std::string>& words);

// The device in force: "cpu", "cuda:0". `fell_back` says that `auto` found no GPU.
[[nodiscard]] std::string settle_device(const std::string& asked, const Tool& tool,
                                        bool& fell_back);
// --max-memory in bytes; half of what this process may use when it is not given.
[[nodiscard]] std::uint64_t settle_memory(const std::string& asked);

}  // namespace mx::cli
