// SPDX-License-Identifier: Apache-2.0
// A small tool with one field of every type, and a way to run it as a process would be: its own
// descriptors, its own signals, its own exit code.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/run.h"

namespace mx::cli::test {

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The tool "mx-sample". Its main command copies text to its output; the verb "show" shows its
// options as JSON, the verb "fail" fails in the way its word says, "save" stands for a training.
[[nodiscard]] Tool sample_tool();

struct Outcome {
  int code = -1;
  std::string out, err;
};

struct Setting {
  std::string input = {};                     // standard input, a pipe
  std::string out_path = {};                  // standard output goes there; empty: collected
  std::vector<int> closed = {};               // descriptors closed before the start
  std::vector<std::string> environment = {};  // NAME=value
  std::function<void(Tool&)> change = {};
};

[[nodiscard]] Outcome run_sample(const std::vector<std::string>& arguments,
                                 const Setting& setting = {});
// On a new terminal, which is all of standard input, output and error; `out` is what it shows.
// `keys` are typed at once; "\x04" ends the input.
[[nodiscard]] Outcome run_on_terminal(const std::vector<std::string>& arguments,
                                      const std::string& keys = {},
                                      const std::vector<std::string>& environment = {});

}  // namespace mx::cli::test
