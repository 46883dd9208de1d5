// SPDX-License-Identifier: Apache-2.0
#include "io/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/words.h"
#include "io/decompress.h"
#include "io/target.h"

namespace mx::io {
namespace {

[[noreturn]] void cannot(std::string_view what, const std::string& name) {
  fail(Kind::input, "cannot {} {}: {}", what, name, std::strerror(errno));
}

class FileInput final : public Input {
 public:
  FileInput(int fd, std::string name) : fd_(fd), name_(std::move(name)) {
    struct stat status = {};
    if (::fstat(fd_, &status) != 0) cannot("read", name_);
    if (S_ISDIR(status.st_mode)) fail(Kind::input, "{} is a folder", name_);
    // Files of /proc say that they are regular and empty; they are read forward.
    if (S_ISREG(status.st_mode) && status.st_size > 0 && ::lseek(fd_, 0, SEEK_CUR) == 0) {
      size_ = static_cast<std::uint64_t>(status.st_size);
    }
  }
  FileInput(const FileInput&) = delete;
  FileInput& operator=(const FileInput&) = delete;
  ~FileInput() override {
    if (fd_ != STDIN_FILENO) ::close(fd_);
  }

  std::size_t read(std::span<std::uint8_t> out) override {
    for (;;) {
      const ssize_t got = ::read(fd_, out.data(), out.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) cannot("read", name_);
    }
  }

  void read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    if (offset > size_ || out.size() > size_ - offset) {
      fail(Kind::input, "{} is incomplete", name_);
    }
    while (!out.empty()) {
      const ssize_t got = ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) cannot("read", name_);
      if (got == 0) fail(Kind::input, "{} is incomplete", name_);
      offset += static_cast<std::uint64_t>(got);
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] bool seekable() const override { return size_ != 0; }
  [[nodiscard]] std::uint64_t size() const override { return size_; }

 private:
  int fd_;
  std::string name_;
  std::uint64_t size_ = 0;
};

class MemoryInput final : public Input {
 public:
  MemoryInput(ByteView bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}

  std::size_t read(std::span<std::uint8_t> out) override {
    const std::size_t count = std::min(out.size(), bytes_.size() - at_);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }
  void read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) {
      fail(Kind::input, "{} is incomplete", name_);
    }
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
  }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] bool seekable() const override { return true; }
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }

 private:
  ByteView bytes_;
  std::string name_;
  std::size_t at_ = 0;
};

// Of what was opened: asked of a name, another file may be opened behind the answer.
using Check = void (*)(const struct stat& status, const std::string& name);

std::unique_ptr<Input> open_checked(const std::string& path, int flags, Check check) {
  std::string name = path == "-" ? "standard input" : printable(path);
  int fd = path == "-" ? STDIN_FILENO : -1;
  while (fd < 0) {
    fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
    if (fd < 0 && errno != EINTR) cannot("open", name);
  }
  auto out = std::make_unique<FileInput>(fd, name);
  struct stat status = {};
  if (::fstat(fd, &status) != 0) cannot("read", name);
  if (check != nullptr) check(status, name);
  return out;
}

void is_regular(const struct stat& status, const std::string& name) {
  if (!S_ISREG(status.st_mode)) fail(Kind::input, "{} is no regular file", name);
}

void is_own(const struct stat& status, const std::string& name) {
  is_regular(status, name);
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    throw Error{Kind::input, fmt::format("{} belongs to another user", name),
                fmt::format("if you trust it, make it yours: cp {0} NEW && mv NEW {0}", name)};
  }
  if ((status.st_mode & S_IWOTH) != 0) {
    throw Error{Kind::input,
                fmt::format("everybody may write {} (mode {:04o})", name, status.st_mode & 07777U),
                fmt::format("if you trust it: chmod o-w {}", name)};
  }
}

void is_private(const struct stat& status, const std::string& name) {
  constexpr mode_t kOthers = 0077;
  if (!S_ISREG(status.st_mode) || (status.st_mode & kOthers) == 0) return;
  throw Error{
      Kind::input,
      fmt::format("others than its owner may read {} (mode {:04o})", name, status.st_mode & 07777U),
      fmt::format("chmod 600 {}; if somebody may have seen it, make a new one", name)};
}

}  // namespace

void Input::read_at(std::uint64_t /*offset*/, std::span<std::uint8_t> /*out*/) const {
  fail(Kind::failed, "{} is read forward only", name());
}

std::unique_ptr<Input> open_input(const std::string& path, Decompress decompress) {
  std::unique_ptr<Input> raw = open_checked(path, 0, nullptr);
  return decompress == Decompress::no ? std::move(raw) : decompressed(std::move(raw));
}

std::unique_ptr<Input> open_document(const std::string& path) {
  if (path == "-" || names_descriptor(path)) return open_input(path);
  return open_checked(path, O_NONBLOCK | O_NOCTTY, is_regular);  // nobody is waited for
}

std::unique_ptr<Input> open_own(const std::string& path) {
  return open_checked(path, O_NONBLOCK | O_NOCTTY, is_own);
}

std::unique_ptr<Input> open_private(const std::string& path) {
  return open_checked(path, 0, is_private);
}

std::unique_ptr<Input> memory_input(ByteView bytes, std::string name) {
  return std::make_unique<MemoryInput>(bytes, std::move(name));
}

void read_exactly(Input& in, std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const std::size_t got = in.read(out);
    if (got == 0) fail(Kind::input, "{} is incomplete", in.name());
    out = out.subspan(got);
  }
}

Bytes read_all(Input& in, std::uint64_t limit) {
  constexpr std::size_t kStep = 1 << 16;
  Bytes out;
  if (in.seekable() && in.size() <= limit) out.reserve(static_cast<std::size_t>(in.size()) + kStep);
  for (;;) {
    const std::size_t before = out.size();
    out.resize(before + kStep);
    const std::size_t got = in.read(std::span(out).subspan(before));
    out.resize(before + got);
    if (got == 0) return out;
    if (out.size() > limit) {
      fail(Kind::input, "{} is larger than {}", in.name(), human_bytes(limit));
    }
  }
}

}  // namespace mx::io
