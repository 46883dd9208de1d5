// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/error.h"
#include "base/shown.h"
#include "base/words.h"

namespace mx::cli {
namespace {

constexpr std::string_view kRed = "\x1b[1;31m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kCyan = "\x1b[36m";
constexpr std::string_view kReset = "\x1b[0m";
constexpr auto kInterval = std::chrono::milliseconds(167);  // six updates a second

double seconds(Terminal::Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Terminal::~Terminal() {
  const std::lock_guard lock(mutex_);
  clear();
}

void Terminal::info(std::string_view message) {
  if (!settings_.quiet) line("", "", message);
}
void Terminal::verbose(std::string_view message) {
  if (settings_.verbose && !settings_.quiet) line("", "", message);
}
void Terminal::warn(std::string_view message) { line("warning: ", kYellow, message); }
void Terminal::error(std::string_view message) { line("error: ", kRed, message); }
void Terminal::hint(std::string_view message) { line("hint: ", kCyan, message); }

void Terminal::plain(std::string_view text) {
  const std::lock_guard lock(mutex_);
  clear();
  write(text);
}

void Terminal::metrics(const Json& report) {
  if (settings_.quiet || !(settings_.report_lines || settings_.verbose)) return;
  const std::string text = report_text(report);
  if (!text.empty()) line("", "", text);
}

void Terminal::progress(const Progress& progress, Clock::time_point now) {
  if (!settings_.updating_line || settings_.quiet) return;
  const std::lock_guard lock(mutex_);
  if (progress.what != what_ || progress.total != total_ || progress.done < first_done_) {
    what_ = progress.what;
    total_ = progress.total;
    first_done_ = progress.done;
    started_ = last_shown_ = now;
    return;
  }
  if (now - last_shown_ < kInterval) return;
  last_shown_ = now;
  const std::uint64_t made = progress.done - first_done_;
  double left = -1;
  if (made > 0 && total_ > progress.done) {
    left = seconds(now - started_) / static_cast<double>(made) *
           static_cast<double>(total_ - progress.done);
  }
  const std::size_t room = settings_.width - std::min(settings_.width, settings_.tool.size() + 3);
  std::string text = settings_.tool + ": " + shown_text(progress_text(progress, left, room));
  const std::size_t size = text.size();
  if (size < shown_) text.append(shown_ - size, ' ');
  write("\r" + text);
  shown_ = size;
}

void Terminal::line(std::string_view label, std::string_view color, std::string_view message) {
  std::string text = settings_.tool + ": ";
  if (settings_.color && !label.empty()) {
    text += fmt::format("{}{}{}", color, label, kReset);
  } else {
    text += label;
  }
  // Names inside messages are escaped where messages are made; nothing that moves a cursor passes
  // here all the same.
  text += shown_text(message);
  text += '\n';
  const std::lock_guard lock(mutex_);
  clear();
  write(text);
}

void Terminal::clear() {
  if (shown_ != 0) write(fmt::format("\r{:{}}\r", "", shown_));
  shown_ = 0;
}

void Terminal::write(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t sent = ::write(settings_.descriptor, text.data(), text.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

Terminal::Settings terminal_settings(std::string_view tool, const Common& common) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const kind = std::getenv("TERM");
  const bool plain = (no_color != nullptr && *no_color != '\0') ||
                     (kind != nullptr && std::string_view(kind) == "dumb");
  Terminal::Settings out;
  out.tool = tool;
  out.updating_line =
      common.progress == When::always || (common.progress == When::automatic && terminal);
  out.report_lines = common.progress == When::automatic && !terminal;
  out.color =
      common.color == When::always || (common.color == When::automatic && terminal && !plain);
  out.quiet = common.quiet;
  out.verbose = common.verbose;
  out.width = columns(STDERR_FILENO);
  return out;
}

std::size_t columns(int descriptor) {
  winsize size = {};
  const bool known = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

std::string progress_text(const Progress& progress, double seconds_left, std::size_t width) {
  std::string out = fmt::format("{} {}", progress.what, progress.done);
  if (progress.total != 0) {
    const double share = static_cast<double>(progress.done) / static_cast<double>(progress.total);
    out += fmt::format("/{}, {:.0f} %", progress.total, 100 * share);
  }
  if (!progress.details.empty()) out += fmt::format(", {}", progress.details);
  if (seconds_left >= 0) out += fmt::format(", {} left", human_seconds(seconds_left));
  if (out.size() <= width) return out;
  while (width > 0 && (static_cast<unsigned char>(out[width]) & 0xc0U) == 0x80) --width;
  return out.substr(0, width);
}

std::string report_text(const Json& report) {
  std::string out;
  if (!report.is_object()) return out;
  for (const auto& [key, value] : report.items()) {
    if (value.is_structured() || value.is_null()) continue;
    if (!out.empty()) out += ", ";
    out += key + ' ';
    if (value.is_number_float()) {
      out += fmt::format("{:.5g}", value.get<double>());
    } else {
      out += value.is_string() ? printable(value.get<std::string>()) : value.dump();
    }
  }
  return out;
}

}  // namespace mx::cli
