// SPDX-License-Identifier: Apache-2.0
// Runs a tool: parses, reads config files, installs signals, calls the command, and turns every
// exception into one clear message and its exit code. The only place where errors are caught.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace mx::cli {

struct Library {
  std::string name, version;
};

struct Tool {
  std::string_view name;     // "mx-pack"
  std::string_view purpose;  // one sentence
  std::vector<std::unique_ptr<Command>> commands;
  std::vector<std::string_view> reads, writes;  // formats, for --version -v
  std::vector<Library> libraries = {};          // beyond those every tool has
  std::function<int()> cuda_devices = {};       // how many there are; empty: none can be used
};

// The process's exit code.
[[nodiscard]] int run_tool(const Tool& tool, int argc, char** argv);

}  // namespace mx::cli
