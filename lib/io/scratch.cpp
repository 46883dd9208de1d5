// SPDX-License-Identifier: Apache-2.0
#include "io/scratch.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.h"

namespace mx::io {
namespace {

[[noreturn]] void cannot_keep(const std::string& folder, int error) {
  throw Error{Kind::output,
              fmt::format("cannot keep temporary data in {}: {}", folder, std::strerror(error)),
              "name another folder (--temporary, or TMPDIR)"};
}

std::string folder_or_default(const std::string& folder) {
  if (!folder.empty()) return folder;
  const char* given = std::getenv("TMPDIR");
  return given != nullptr && *given != '\0' ? given : "/tmp";
}

int open_unnamed(const std::string& folder) {
  int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    std::string name = folder + "/.mx-XXXXXX";  // a file system that knows no files without name
    fd = ::mkostemp(name.data(), O_CLOEXEC);
    if (fd >= 0) ::unlink(name.c_str());
  }
  if (fd < 0) cannot_keep(folder, errno);
  return fd;
}

}  // namespace

Scratch::Scratch(const std::string& folder)
    : fd_(open_unnamed(folder_or_default(folder))), folder_(folder_or_default(folder)) {}

Scratch::~Scratch() { ::close(fd_); }

void Scratch::append(ByteView bytes) {
  constexpr std::size_t kCollected = 1U << 18U;
  pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  size_ += bytes.size();
  if (pending_.size() >= kCollected) flush();
}

void Scratch::flush() {
  ByteView left = pending_;
  while (!left.empty()) {
    const ssize_t written =
        ::pwrite(fd_, left.data(), left.size(), static_cast<off_t>(size_ - left.size()));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) cannot_keep(folder_, errno);
    left = left.subspan(static_cast<std::size_t>(written));
  }
  pending_.clear();
}

void Scratch::read_at(std::uint64_t offset, std::span<std::uint8_t> out) {
  if (offset > size_ || out.size() > size_ - offset) {
    fail(Kind::failed, "temporary data is read beyond its end");
  }
  if (!pending_.empty() && offset + out.size() > size_ - pending_.size()) flush();
  while (!out.empty()) {
    const ssize_t got = ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) cannot_keep(folder_, got < 0 ? errno : EIO);
    offset += static_cast<std::uint64_t>(got);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

ScratchMap::ScratchMap(const std::string& folder, std::uint64_t bytes)
    : bytes_(static_cast<std::size_t>(bytes)) {
  if (bytes == 0) return;
  const std::string where = folder_or_default(folder);
  const int fd = open_unnamed(where);
  // Space is taken now: a full disk must be an error here, not a signal later.
  int error = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  if (error == 0) {
    data_ = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (data_ == MAP_FAILED) error = errno;
  }
  ::close(fd);
  if (error != 0) cannot_keep(where, error);
}

ScratchMap::~ScratchMap() {
  if (data_ != nullptr) ::munmap(data_, bytes_);
}

}  // namespace mx::io
