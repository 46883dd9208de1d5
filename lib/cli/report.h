// SPDX-License-Identifier: Apache-2.0
// --report: one page of HTML about a run, for people. It is made of what the run reported
// (Log::metrics), of its result (what --json prints, which stands in the page as it is) and of the
// facts every command has: command line, options, versions, seed. The page needs no script, asks
// nothing of a network, and is well-formed XML, too.
//
// What a result's keys mean to a page:
//   "task"        the unit of losses
//   "models"      [{"name", "parameters", "bytes", "loss", "accuracy", ..._interval}]: size against
//                 quality
//   "tried"       [{"sparsity", "loss"}]: loss over sparsity
//   other lists   tables; "sparsity" and "error" in them with bars
// Of reports: "step", "train_loss", "valid_loss", "valid_accuracy", "lr"; "run" names one of
// several.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/curve.h"
#include "base/json.h"
#include "io/output.h"

namespace mx::cli {

struct ShownOption {
  std::string name, value, origin;  // origin: "default", "flag", FILE:LINE
};

struct ReportFacts {
  std::string path;
  io::Existing existing = io::Existing::refuse;
  std::string title;    // "mx-train: digits.mx"
  std::string command;  // as typed, quoted for a shell
  Json head;            // the first line of --metrics
  std::vector<ShownOption> options;
};

class Report {
 public:
  explicit Report(ReportFacts facts) : facts_(std::move(facts)) {}
  // A report of the run.
  void add(const Json& report);
  // The whole page. `human`: the result in a few lines.
  [[nodiscard]] std::string page(const Json& result, std::string_view human) const;
  // Writes it. Throws Kind::output.
  void write(const Json& result, std::string_view human) const;

 private:
  struct NamedCurve {
    std::string name;
    Curve curve;
  };
  [[nodiscard]] std::string curves(std::string_view task) const;

  ReportFacts facts_;
  std::vector<NamedCurve> runs_;
};

}  // namespace mx::cli
