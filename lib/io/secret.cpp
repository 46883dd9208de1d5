// SPDX-License-Identifier: Apache-2.0
#include "io/secret.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/words.h"
#include "io/input.h"

namespace mx::io {
namespace {

constexpr std::uint64_t kMost = 65536;
constexpr mode_t kOthers = 0077;

[[noreturn]] void unwritable(const std::string& path, int error) {
  ::unlink(path.c_str());
  fail(Kind::output, "cannot write {}: {}", printable(path), std::strerror(error));
}

}  // namespace

std::string read_secret(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
      (status.st_mode & kOthers) != 0) {
    throw Error{
        Kind::input,
        fmt::format("others than its owner may read {} (mode {:04o})", printable(path),
                    status.st_mode & 07777U),
        fmt::format("chmod 600 {}; if somebody may have seen it, make a new one", printable(path))};
  }
  const Bytes bytes = read_all(*open_input(path), kMost);
  return {bytes.begin(), bytes.end()};
}

std::string read_passphrase(const std::string& path) {
  std::string text = read_secret(path);
  text.resize(std::min(text.size(), text.find('\n')));
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) fail(Kind::input, "the first line of {} is empty", printable(path));
  return text;
}

void write_secret(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST) {
    throw Error{Kind::usage, fmt::format("{} exists", printable(path)),
                "keys are never replaced: choose another name"};
  }
  if (fd < 0) fail(Kind::output, "cannot write {}: {}", printable(path), std::strerror(errno));
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t count = ::write(fd, text.data() + at, text.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const int error = errno;
      ::close(fd);
      unwritable(path, error);
    }
    at += static_cast<std::size_t>(count);
  }
  const bool whole = ::fsync(fd) == 0;
  const int error = errno;
  if (::close(fd) != 0 || !whole) unwritable(path, whole ? errno : error);
}

}  // namespace mx::io
