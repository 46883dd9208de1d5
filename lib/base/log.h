// SPDX-License-Identifier: Apache-2.0
// Where algorithms say what they do. They know no terminal: they get a Log, and whoever runs them
// decides where its words go. Messages are lower case, one line, no full stop.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/json.h"

namespace mx {

struct Progress {
  std::string_view what;  // "step", "tensor", "row"
  std::uint64_t done = 0;
  std::uint64_t total = 0;   // 0: not known
  std::string_view details;  // "loss 0.123, 1234 rows/s", may be empty
};

class Log {
 public:
  Log() = default;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  virtual ~Log() = default;

  virtual void info(std::string_view message) = 0;
  virtual void verbose(std::string_view message) = 0;  // shown with -v
  virtual void warn(std::string_view message) = 0;
  virtual void progress(const Progress& progress) = 0;  // as often as the caller likes
  virtual void metrics(const Json& report) = 0;         // one line of --metrics
  // A report that this run made before it was stopped: where it was written it still is.
  virtual void earlier(const Json& /*report*/) {}
};

// One run among several: its reports say first which one it is.
class LabelledLog : public Log {
 public:
  LabelledLog(Log& to, Json label) : to_(to), label_(std::move(label)) {}
  void info(std::string_view message) override { to_.info(message); }
  void verbose(std::string_view message) override { to_.verbose(message); }
  void warn(std::string_view message) override { to_.warn(message); }
  void progress(const Progress& progress) override { to_.progress(progress); }
  void metrics(const Json& report) override { to_.metrics(labelled(report)); }
  void earlier(const Json& report) override { to_.earlier(labelled(report)); }

 protected:
  Log& to_;

 private:
  [[nodiscard]] Json labelled(const Json& report) const {
    Json out = label_;
    out.update(report);
    return out;
  }
  Json label_;
};

// Drops everything: for tests and inner runs.
class NoLog final : public Log {
 public:
  void info(std::string_view) override {}
  void verbose(std::string_view) override {}
  void warn(std::string_view) override {}
  void progress(const Progress&) override {}
  void metrics(const Json&) override {}
};

}  // namespace mx
