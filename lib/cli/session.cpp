// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "base/shown.h"
#include "base/words.h"
#include "cli/markup.h"
#include "io/output.h"

namespace mx::cli {
namespace {

class RunSession final : public Session {
 public:
  RunSession(Facts facts, Log& log, const Report* report)
      : facts_(std::move(facts)), log_(log), report_(report) {}

  Log& log() override { return log_; }
  [[nodiscard]] const Common& common() const override { return facts_.common; }
  [[nodiscard]] std::uint64_t seed() const override { return facts_.seed; }
  [[nodiscard]] std::size_t threads() const override { return facts_.threads; }
  [[nodiscard]] const std::string& device() const override { return facts_.device; }
  [[nodiscard]] std::uint64_t max_memory() const override { return facts_.max_memory; }
  [[nodiscard]] const Policy& policy() const override { return facts_.policy; }
  [[nodiscard]] const LicenseTable& licenses() const override {
    if (!facts_.policy.file.empty()) return facts_.policy.licenses;
    if (licenses_.rows().empty()) licenses_ = LicenseTable::standard();
    return licenses_;
  }
  [[nodiscard]] bool given(std::string_view field) const override {
    return facts_.given.contains(field);
  }
  [[nodiscard]] Json lineage_options() const override { return facts_.lineage; }

  void result(const Json& result, std::string_view human) override {
    if (report_ != nullptr && !facts_.common.dry_run) report_->write(result, human);
    if (facts_.common.json) return print(shown_json(dump_json(finite(result))) + "\n");
    if (human.empty()) return;
    if (!facts_.output_is_stdout) {  // names in it are printable: nothing but layout passes here
      return print(shown_text(human) + (human.ends_with('\n') ? "" : "\n"));
    }
    for (const std::string& line : split(human, '\n')) {
      if (!line.empty()) log_.info(line);
    }
  }

 private:
  Facts facts_;
  mutable LicenseTable licenses_;  // made when it is first asked for
  Log& log_;
  const Report* report_;
};

// One JSON object a line.
class MetricsFile {
 public:
  explicit MetricsFile(const std::string& path)
      : name_(path == "-" ? "standard output" : printable(path)) {
    fd_ = path == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                      : ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd_ < 0) cannot_write();
  }
  MetricsFile(const MetricsFile&) = delete;
  MetricsFile& operator=(const MetricsFile&) = delete;
  ~MetricsFile() { ::close(fd_); }

  void write(const Json& report) {
    const std::string line = shown_json(dump_json(finite(report))) + "\n";
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

  std::string name_;
  int fd_ = -1;
};

class ReportsLog final : public Log {
 public:
  ReportsLog(Log& to, Report* report, const std::string& path, const Json& first)
      : to_(to), report_(report) {
    if (path.empty()) return;
    file_.emplace(path);
    file_->write(first);
  }

  void info(std::string_view message) override { to_.info(message); }
  void verbose(std::string_view message) override { to_.verbose(message); }
  void warn(std::string_view message) override { to_.warn(message); }
  void progress(const Progress& progress) override { to_.progress(progress); }
  void metrics(const Json& report) override {
    if (file_) file_->write(report);
    if (report_ != nullptr) report_->add(report);
    to_.metrics(report);
  }
  void earlier(const Json& report) override {
    if (report_ != nullptr) report_->add(report);
  }

 private:
  Log& to_;
  Report* report_;
  std::optional<MetricsFile> file_;
};

}  // namespace

std::unique_ptr<Session> make_session(Facts facts, Log& log, const Report* report) {
  return std::make_unique<RunSession>(std::move(facts), log, report);
}

std::unique_ptr<Log> log_with_reports(Log& to, Report* report, const std::string& path,
                                      const Json& first) {
  return std::make_unique<ReportsLog>(to, report, path, first);
}

void print(std::string_view text) {
  const auto out = io::open_output("-");
  out->write(view(text));
  out->commit();
}

}  // namespace mx::cli
