// SPDX-License-Identifier: Apache-2.0
// Config files in, effective config out. Keys are the flags' names, flat.
#pragma once

#include <string>

#include "cli/options.h"
#include "cli/report.h"

namespace mx::cli {

// plain_results: those alone that change the result and name no file. All that a file can say when
// it comes from somebody who may not say where a run reads and writes.
enum class Keys { all, plain_results };

// Assigns what the YAML file `path` says. Throws Kind::usage with file and line, also for a key
// that is not among `keys`.
void read_config(Options& options, const std::string& path, Keys keys = Keys::all);
// The flags, over what config files said.
void apply_flags(Options& options);
// Every option as YAML that read_config takes, where each came from as a comment.
[[nodiscard]] std::string dump_config(const Options& options, std::string_view command);
// Every option that a config file could say, as a page shows it.
[[nodiscard]] std::vector<ShownOption> shown_options(const Options& options);
// name -> value, for the first line of --metrics.
[[nodiscard]] Json config_json(const Options& options);

}  // namespace mx::cli
