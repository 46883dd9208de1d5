// SPDX-License-Identifier: Apache-2.0
#include "io/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/signals.h"
#include "base/words.h"
#include "io/target.h"

namespace mx::io {
namespace {

[[noreturn]] void cannot_write(const std::string& name, int error) {
  fail(Kind::output, "cannot write {}: {}", name, std::strerror(error));
}

[[noreturn]] void exists(const std::string& name) {
  throw Error{Kind::usage, fmt::format("{} exists", name),
              "-f replaces it; or choose another name"};
}

// Collects small writes on the way to a descriptor.
class Descriptor {
 public:
  Descriptor(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }

  void write(ByteView bytes) {
    constexpr std::size_t kCollected = 1 << 18;
    written_ += bytes.size();
    if (buffer_.size() + bytes.size() > kCollected) flush();
    if (bytes.size() > kCollected) return send(bytes);
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  }
  void flush() {
    send(buffer_);
    buffer_.clear();
  }
  void set_mode(mode_t mode) {
    if (::fchmod(fd_, mode) != 0) cannot_write(name_, errno);
  }
  void sync() {
    // Some file systems know no fsync and say so.
    if (::fsync(fd_) != 0 && errno != EINVAL && errno != ENOTSUP) cannot_write(name_, errno);
  }
  void close() {
    const int fd = std::exchange(fd_, -1);
    if (fd > STDERR_FILENO && ::close(fd) != 0 && errno != EINTR) cannot_write(name_, errno);
  }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint64_t written() const { return written_; }

 private:
  static constexpr off_t kBehind = 16 << 20;

  void send(ByteView bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::write(fd_, bytes.data(), bytes.size());
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno == EPIPE && fd_ == STDOUT_FILENO) {
        buffer_.clear();
        throw BrokenPipe{};
      }
      if (sent < 0) cannot_write(name_, errno);
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
      unsent_ += sent;
      if (unsent_ < kBehind) continue;
      // The disk begins while there is more to write: sync() waits for little then. Where that is
      // not possible, nothing is lost.
      (void)::sync_file_range(fd_, sent_, unsent_, SYNC_FILE_RANGE_WRITE);
      sent_ += std::exchange(unsent_, 0);
    }
  }

  int fd_;
  std::string name_;
  Bytes buffer_;
  std::uint64_t written_ = 0;
  off_t sent_ = 0, unsent_ = 0;  // handed to the disk, and to the kernel alone
};

// Standard output, devices, FIFOs: nothing to rename.
class DirectOutput final : public Output {
 public:
  DirectOutput(int fd, std::string name) : to_(fd, std::move(name)) {}
  void write(ByteView bytes) override { to_.write(bytes); }
  void flush() override { to_.flush(); }
  void commit() override {
    to_.flush();
    to_.close();
  }
  [[nodiscard]] const std::string& name() const override { return to_.name(); }
  [[nodiscard]] std::uint64_t written() const override { return to_.written(); }

 private:
  Descriptor to_;
};

// Puts `from` at `to` in one step, and not over a file that appeared meanwhile unless `existing`
// allows it. 0, or errno.
int put_in_place(const std::string& from, const std::string& to, Existing existing) {
  if (existing == Existing::replace) {
    return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
  }
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // File systems without that rename: a link does not replace either.
  if (::link(from.c_str(), to.c_str()) == 0) return ::unlink(from.c_str()) == 0 ? 0 : errno;
  if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS) return errno;
  if (::access(to.c_str(), F_OK) == 0) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

class FileOutput final : public Output {
 public:
  FileOutput(const std::string& path, Existing existing)
      : target_(follow_links(path)),
        existing_(existing),
        temporary_(target_),
        to_(temporary_.take_descriptor(), printable(path)) {
    struct stat status = {};
    if (::stat(target_.c_str(), &status) == 0) to_.set_mode(status.st_mode & 0777);
  }

  void write(ByteView bytes) override { to_.write(bytes); }
  void flush() override { to_.flush(); }
  void commit() override {
    to_.flush();
    to_.sync();
    // The lock is kept until the name is final.
    const int error = put_in_place(temporary_.path(), target_, existing_);
    if (error == EEXIST) exists(to_.name());
    if (error != 0) cannot_write(to_.name(), error);
    temporary_.keep();
    to_.close();
    sync_folder();
  }
  [[nodiscard]] const std::string& name() const override { return to_.name(); }
  [[nodiscard]] std::uint64_t written() const override { return to_.written(); }

 private:
  void sync_folder() {
    const int fd = ::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;  // a folder may be writable and not readable
    const int error = ::fsync(fd) == 0 ? 0 : errno;
    ::close(fd);
    if (error != 0 && error != EINVAL && error != ENOTSUP) cannot_write(to_.name(), error);
  }

  std::string target_;
  Existing existing_;
  Temporary temporary_;
  Descriptor to_;
};

class MemoryOutput final : public Output {
 public:
  explicit MemoryOutput(Bytes& to) : to_(to) {}
  void write(ByteView bytes) override { to_.insert(to_.end(), bytes.begin(), bytes.end()); }
  void flush() override {}
  void commit() override {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::uint64_t written() const override { return to_.size(); }

 private:
  Bytes& to_;
  std::string name_ = "memory";
};

bool written_directly(const std::string& path) {
  struct stat status = {};
  return names_descriptor(path) || (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode));
}

}  // namespace

void check_output(const std::string& path, Existing existing,
                  const std::vector<std::string>& inputs) {
  const std::string name = path == "-" ? "standard output" : printable(path);
  struct stat out = {};
  const bool found =
      path == "-" ? ::fstat(STDOUT_FILENO, &out) == 0 : ::stat(path.c_str(), &out) == 0;
  if (found && S_ISDIR(out.st_mode)) fail(Kind::usage, "{} is a folder", name);
  for (const std::string& input : inputs) {
    struct stat in = {};
    const bool there =
        input == "-" ? ::fstat(STDIN_FILENO, &in) == 0 : ::stat(input.c_str(), &in) == 0;
    if (found && there && S_ISREG(in.st_mode) && in.st_dev == out.st_dev &&
        in.st_ino == out.st_ino) {
      throw Error{Kind::usage, fmt::format("{} is an input and the output", name),
                  "write to another name"};
    }
  }
  if (path == "-" || written_directly(path)) return;
  if (found && existing == Existing::refuse) exists(name);
  const std::string target = follow_links(path);
  const std::string folder = folder_of(target);
  struct stat status = {};
  if (::stat(folder.c_str(), &status) != 0) {
    fail(Kind::output, "cannot write {}: folder {}: {}", name, printable(folder),
         std::strerror(errno));
  }
  // Only making a file tells: permissions, read-only and special file systems, quotas.
  const Temporary probe(target);
}

bool same_target(const std::string& one, const std::string& other) {
  const auto named = [](const std::string& path) {
    return !path.empty() && path != "-" && !written_directly(path);
  };
  const auto whole = [](const std::string& path) {
    std::error_code ignored;
    // Relative paths of which nothing is there yet would stay as they are.
    const std::filesystem::path target = std::filesystem::absolute(follow_links(path), ignored);
    return std::filesystem::weakly_canonical(target, ignored);
  };
  if (!named(one) || !named(other)) return false;
  std::error_code ignored;
  return whole(one) == whole(other) || std::filesystem::equivalent(one, other, ignored);
}

std::unique_ptr<Output> open_output(const std::string& path, Existing existing, Links links) {
  if (path == "-") return std::make_unique<DirectOutput>(STDOUT_FILENO, "standard output");
  struct stat status = {};
  if (links == Links::refuse && ::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode)) {
    throw Error{Kind::output, fmt::format("cannot write {}: it is a link", printable(path)),
                "remove it"};
  }
  if (written_directly(path)) {
    int fd = -1;
    do {
      fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) cannot_write(printable(path), errno);
    return std::make_unique<DirectOutput>(fd, printable(path));
  }
  if (existing == Existing::refuse && ::access(path.c_str(), F_OK) == 0) exists(printable(path));
  remove_stale_temporaries(follow_links(path));
  return std::make_unique<FileOutput>(path, existing);
}

std::unique_ptr<Output> memory_output(Bytes& to) { return std::make_unique<MemoryOutput>(to); }

}  // namespace mx::io
