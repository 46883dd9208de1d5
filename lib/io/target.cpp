// SPDX-License-Identifier: Apache-2.0
#include "io/target.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/random.h"
#include "base/signals.h"
#include "base/words.h"

namespace mx::io {
namespace {

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kEnd = ".tmp";

// What all temporary names of this target begin with.
std::string temporary_start(const std::string& path) {
  constexpr std::size_t kLongestName = 255;
  constexpr std::size_t kAdded = 32;  // ".", ".mx-", a process number, six letters, ".tmp"
  const std::string name = path.substr(path.rfind('/') + 1);
  return fmt::format(".{}.mx-", name.substr(0, kLongestName - kAdded));
}

// Whether `name` is `start`, digits, "-", six letters, ".tmp".
bool is_temporary(std::string_view name, std::string_view start) {
  if (!name.starts_with(start) || !name.ends_with(kEnd)) return false;
  name.remove_prefix(start.size());
  if (name.size() < kEnd.size()) return false;
  name.remove_suffix(kEnd.size());
  const std::size_t dash = name.find('-');
  if (dash == 0 || dash == std::string_view::npos || name.size() != dash + 7) return false;
  return std::all_of(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(dash),
                     [](char c) { return c >= '0' && c <= '9'; }) &&
         name.find_first_not_of(kLetters, dash + 1) == std::string_view::npos;
}

std::string six_letters() {
  std::string out;
  for (std::uint64_t seed = draw_seed(); out.size() < 6; seed /= kLetters.size()) {
    out += kLetters[seed % kLetters.size()];
  }
  return out;
}

void remove_when_unlocked(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return;
  struct stat status = {};
  if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == ::geteuid() &&
      ::flock(fd, LOCK_EX | LOCK_NB) == 0) {
    ::unlink(path.c_str());
  }
  ::close(fd);
}

// The rule of protected_symlinks(5), which readlink() does not apply.
void refuse_planted(const std::string& path) {
  struct stat link = {}, folder = {};
  constexpr mode_t kShared = S_ISVTX | S_IWOTH;
  if (::lstat(path.c_str(), &link) != 0 || ::stat(folder_of(path).c_str(), &folder) != 0) return;
  if ((folder.st_mode & kShared) != kShared) return;
  if (link.st_uid == ::geteuid() || link.st_uid == folder.st_uid) return;
  throw Error{
      Kind::output,
      fmt::format("cannot write {}: it is a link that another user put there", printable(path)),
      "choose another name"};
}

}  // namespace

std::string follow_links(std::string path) {
  for (int i = 0; i < 40; ++i) {
    std::array<char, 4096> to;
    const ssize_t size = ::readlink(path.c_str(), to.data(), to.size());
    if (size < 0) return path;
    refuse_planted(path);
    std::string next(to.data(), static_cast<std::size_t>(size));
    if (!next.starts_with('/')) next = path.substr(0, path.rfind('/') + 1) + next;
    path = std::move(next);
  }
  fail(Kind::output, "cannot write {}: {}", printable(path), std::strerror(ELOOP));
}

bool names_descriptor(const std::string& path) {
  return path == "/dev/stdin" || path == "/dev/stdout" || path == "/dev/stderr" ||
         path.starts_with("/dev/fd/") || path.starts_with("/proc/self/fd/");
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_temporary_of(std::string_view name, const std::string& target) {
  return is_temporary(name, temporary_start(target));
}

void remove_stale_temporaries(const std::string& path) {
  const std::string folder = folder_of(path);
  const std::string start = temporary_start(path);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(folder.c_str()), ::closedir);
  if (!entries) return;  // a folder may be writable and not readable
  while (const dirent* entry = ::readdir(entries.get())) {
    const std::string_view name = static_cast<const char*>(entry->d_name);
    if (is_temporary(name, start)) remove_when_unlocked(folder + "/" + std::string(name));
  }
}

Temporary::Temporary(const std::string& target) {
  const std::string folder = folder_of(target);
  for (;;) {
    path_ = fmt::format("{}/{}{}-{}{}", folder, temporary_start(target), ::getpid(), six_letters(),
                        kEnd);
    signals::remember_temporary(path_);
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    const int error = errno;
    if (fd_ < 0) signals::forget_temporary(path_);
    if (fd_ < 0 && (error == EINTR || error == EEXIST)) continue;
    if (fd_ < 0) fail(Kind::output, "cannot write {}: {}", printable(target), std::strerror(error));
    // Between creation and lock another run may have taken it for a stale one.
    const bool taken = ::flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    struct stat status = {};
    if (!taken && ::fstat(fd_, &status) == 0 && status.st_nlink > 0) return;
    ::close(fd_);
    ::unlink(path_.c_str());
    signals::forget_temporary(path_);
  }
}

Temporary::~Temporary() {
  if (fd_ >= 0) ::close(fd_);
  if (path_.empty()) return;
  ::unlink(path_.c_str());
  keep();
}

int Temporary::take_descriptor() { return std::exchange(fd_, -1); }

void Temporary::keep() { signals::forget_temporary(std::exchange(path_, {})); }

}  // namespace mx::io
