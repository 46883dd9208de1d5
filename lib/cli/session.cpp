// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/words.h"
#include "io/output.h"

namespace mx::cli {
namespace {

// Numbers that are not finite have no place in JSON; a report that holds one is still a report.
Json finite(Json value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) return nullptr;
  if (value.is_structured()) {
    for (Json& item : value) item = finite(std::move(item));
  }
  return value;
}

class RunSession final : public Session {
 public:
  RunSession(Facts facts, Log& log) : facts_(std::move(facts)), log_(log) {}

  Log& log() override { return log_; }
  [[nodiscard]] const Common& common() const override { return facts_.common; }
  [[nodiscard]] std::uint64_t seed() const override { return facts_.seed; }
  [[nodiscard]] std::size_t threads() const override { return facts_.threads; }
  [[nodiscard]] const std::string& device() const override { return facts_.device; }
  [[nodiscard]] std::uint64_t max_memory() const override { return facts_.max_memory; }
  [[nodiscard]] bool given(std::string_view field) const override {
    return facts_.given.contains(field);
  }
  [[nodiscard]] Json lineage_options() const override { return facts_.lineage; }

  void result(const Json& result, std::string_view human) override {
    if (facts_.common.json) return print(dump_json(finite(result)) + "\n");
    if (human.empty()) return;
    if (!facts_.output_is_stdout) {
      return print(human.ends_with('\n') ? std::string(human) : std::string(human) + "\n");
    }
    for (const std::string& line : split(human, '\n')) {
      if (!line.empty()) log_.info(line);
    }
  }

 private:
  Facts facts_;
  Log& log_;
};

class MetricsLog final : public Log {
 public:
  MetricsLog(Log& to, const std::string& path)
      : to_(to), name_(path == "-" ? "standard output" : printable(path)) {
    fd_ = path == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                      : ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd_ < 0) cannot_write();
  }
  MetricsLog(const MetricsLog&) = delete;
  MetricsLog& operator=(const MetricsLog&) = delete;
  ~MetricsLog() override { ::close(fd_); }

  void info(std::string_view message) override { to_.info(message); }
  void verbose(std::string_view message) override { to_.verbose(message); }
  void warn(std::string_view message) override { to_.warn(message); }
  void progress(const Progress& progress) override { to_.progress(progress); }
  void metrics(const Json& report) override {
    write(report);
    to_.metrics(report);
  }
  void write(const Json& report) {
    const std::string line = dump_json(finite(report)) + "\n";
    for (std::string_view text = line; !text.empty();) {
      const ssize_t sent = ::write(fd_, text.data(), text.size());
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) cannot_write();
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

 private:
  [[noreturn]] void cannot_write() const {
    fail(Kind::output, "cannot write {}: {}", name_, std::strerror(errno));
  }

  Log& to_;
  std::string name_;
  int fd_ = -1;
};

}  // namespace

std::unique_ptr<Session> make_session(Facts facts, Log& log) {
  return std::make_unique<RunSession>(std::move(facts), log);
}

std::unique_ptr<Log> log_with_metrics(Log& to, const std::string& path, const Json& first) {
  auto out = std::make_unique<MetricsLog>(to, path);
  out->write(first);
  return out;
}

void print(std::string_view text) {
  const auto out = io::open_output("-");
  out->write(view(text));
  out->commit();
}

}  // namespace mx::cli
