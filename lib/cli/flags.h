// SPDX-License-Identifier: Apache-2.0
// The command line, read with CLI11 (which only flags.cpp knows).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/options.h"

namespace mx::cli {

// Fills `given` of every option and returns the words that stand alone, in order. Unknown flags and
// missing values throw Kind::usage, unless --help or --version is asked for.
[[nodiscard]] std::vector<std::string> read_flags(Options& options,
                                                  std::vector<std::string> arguments);

}  // namespace mx::cli
