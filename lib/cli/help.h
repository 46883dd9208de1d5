// SPDX-License-Identifier: Apache-2.0
// The pages a tool says of itself, made of its commands' fields.
#pragma once

#include <string>

#include "cli/options.h"
#include "cli/run.h"

namespace mx::cli {

// A command with its fields and the common ones, for pages over all commands.
struct Described {
  Command* command;
  About about;
  Options options;
};
[[nodiscard]] Described describe(Command& command, Common& common);

// "mx-pack info": how the command is called.
[[nodiscard]] std::string called(const Tool& tool, const About& about);
// Two lines, for who gave nothing to work on.
[[nodiscard]] std::string usage_text(const Tool& tool, const About& about);
[[nodiscard]] std::string help_page(const Tool& tool, const Described& described,
                                    std::size_t width);
// "mx-pack 0.1.0 (1234567890ab)", and with `detailed` formats and libraries.
[[nodiscard]] std::string version_text(const Tool& tool, bool detailed);
[[nodiscard]] std::vector<Library> common_libraries();

// roff, all commands on one page.
[[nodiscard]] std::string man_page(const Tool& tool);
// Throws Kind::usage for a shell that is none of bash, zsh and fish.
[[nodiscard]] std::string completion(const Tool& tool, const std::string& shell);

}  // namespace mx::cli
