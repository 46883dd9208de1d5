// SPDX-License-Identifier: Apache-2.0
// Messages on standard error, and the one updating line of progress. Failing writes are ignored: no
// run ends because nobody listens. Safe to use from several threads.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include "base/log.h"
#include "cli/command.h"

namespace mx::cli {

class Terminal final : public Log {
 public:
  using Clock = std::chrono::steady_clock;
  struct Settings {
    std::string tool = {};
    int descriptor = 2;
    bool updating_line = false;  // progress as one line that is written over
    bool report_lines = false;   // a plain line for each report
    bool color = false, quiet = false, verbose = false;
    std::size_t width = 80;
  };
  explicit Terminal(Settings settings) : settings_(std::move(settings)) {}
  ~Terminal() override;

  void info(std::string_view message) override;
  void verbose(std::string_view message) override;
  void warn(std::string_view message) override;
  void error(std::string_view message);
  void hint(std::string_view message);
  // Lines as they are, without the tool's name.
  void plain(std::string_view text);
  void progress(const Progress& progress) override { this->progress(progress, Clock::now()); }
  void progress(const Progress& progress, Clock::time_point now);
  void metrics(const Json& report) override;

 private:
  void line(std::string_view label, std::string_view color, std::string_view message);
  void clear();
  void write(std::string_view text) const;

  Settings settings_;
  std::mutex mutex_;
  std::size_t shown_ = 0;  // bytes of the updating line
  // Of the work that goes on: for the rate and the time left.
  std::string what_;
  std::uint64_t first_done_ = 0, total_ = 0;
  Clock::time_point started_, last_shown_;
};

// What `common` asks for, on this process's standard error.
[[nodiscard]] Terminal::Settings terminal_settings(std::string_view tool, const Common& common);
// Columns of a terminal, 80 when it does not say.
[[nodiscard]] std::size_t columns(int descriptor);
// "50% 10/20 step, loss 0.1, 3 s left"; at most `width` bytes, cut between characters.
[[nodiscard]] std::string progress_text(const Progress& progress, double seconds_left,
                                        std::size_t width);
// "epoch 3, valid_loss 0.123": the numbers and words of a report, for people.
[[nodiscard]] std::string report_text(const Json& report);

}  // namespace mx::cli
