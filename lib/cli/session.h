// SPDX-License-Identifier: Apache-2.0
// The Session a running command gets, made of settled facts: tests of commands make their own.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "cli/command.h"
#include "cli/report.h"

namespace mx::cli {

// What is in force when a command starts.
struct Facts {
  Common common;
  std::uint64_t seed = 0;
  std::size_t threads = 1;
  std::string device = "cpu";
  std::uint64_t max_memory = std::uint64_t{1} << 30;
  std::set<std::string, std::less<>> given;  // names of fields set by flag or config file
  Json lineage = Json::object();
  Policy policy = {};
  bool output_is_stdout = false;  // the model or the page goes there: people read standard error
};

// `log` and `report` (none: no page is asked for) must outlive it.
[[nodiscard]] std::unique_ptr<Session> make_session(Facts facts, Log& log, const Report* report);

// Passes everything to `to`, and reports also to `report` (if there is one) and to the file
// `path` (if named; "-": standard output), one JSON object a line, each handed to the system at
// once. Appends: a run that goes on after a kill keeps what was there. Throws Kind::output. `first`
// becomes the first line. `to` and `report` must outlive it.
[[nodiscard]] std::unique_ptr<Log> log_with_reports(Log& to, Report* report,
                                                    const std::string& path, const Json& first);

// All of `text` to standard output. Throws Kind::output or io::BrokenPipe.
void print(std::string_view text);

}  // namespace mx::cli
