// SPDX-License-Identifier: Apache-2.0
#include "io/secret.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <span>

#include "base/error.h"
#include "base/words.h"
#include "io/input.h"

namespace mx::io {
namespace {

constexpr std::size_t kMost = 65536;

[[noreturn]] void unwritable(const std::string& path, int error) {
  ::unlink(path.c_str());
  fail(Kind::output, "cannot write {}: {}", printable(path), std::strerror(error));
}

}  // namespace

void* secret_memory(std::size_t bytes) {
  // A crash must not write them down, wherever they were copied to on the way.
  static const bool kReady = [] {
    const rlimit none = {};
    (void)::setrlimit(RLIMIT_CORE, &none);
    return sodium_init() >= 0;
  }();
  void* const out = kReady ? sodium_malloc(bytes) : nullptr;
  if (out == nullptr) throw std::bad_alloc();
  return out;
}

void wipe_memory(void* memory) noexcept { sodium_free(memory); }
void wipe(void* bytes, std::size_t size) noexcept { sodium_memzero(bytes, size); }

Secret Secret::taken_from(std::string& text) {
  Secret out{std::string_view(text)};
  wipe(text.data(), text.size());
  text.clear();
  return out;
}

Secret read_secret(const std::string& path) {
  const std::unique_ptr<Input> in = open_private(path);
  SecretBytes part(kMost + 1);
  std::size_t size = 0;
  while (const std::size_t count = in->read(std::span(part).subspan(size))) size += count;
  if (size > kMost) fail(Kind::input, "{} is larger than {}", in->name(), human_bytes(kMost));
  return std::string_view(reinterpret_cast<const char*>(part.data()), size);
}

Secret read_passphrase(const std::string& path) {
  const Secret all = read_secret(path);
  std::string_view line = all.text().substr(0, all.text().find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) fail(Kind::input, "the first line of {} is empty", printable(path));
  return line;
}

void write_secret(const std::string& path, std::string_view text) {
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
