// SPDX-License-Identifier: Apache-2.0
#include "cli/ask.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace mx::cli {
namespace {

constexpr char kInterrupt = 3, kEnd = 4, kBackspace = 8, kDelete = 127;
constexpr std::size_t kMost = 1024;

// The terminal, without echo and without keys that are signals while this lives.
class Unseen {
 public:
  Unseen() : fd_(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    if (fd_ < 0 || ::tcgetattr(fd_, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    set_ = ::tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;
  ~Unseen() {
    if (set_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] bool there() const { return set_; }

  std::string ask(const std::string& question) const {
    say(question + ": ");
    std::string out;
    for (;;) {
      char key = 0;
      const ssize_t count = ::read(fd_, &key, 1);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0 || key == kInterrupt || (key == kEnd && out.empty())) {
        say("\n");
        throw Error{Kind::usage, "no passphrase was given", ""};
      }
      if (key == '\n' || key == '\r' || key == kEnd) break;
      if (key == kBackspace || key == kDelete) {
        if (!out.empty()) out.pop_back();
      } else if (out.size() < kMost) {
        out += key;
      }
    }
    say("\n");
    return out;
  }

 private:
  void say(const std::string& text) const {
    if (::write(fd_, text.data(), text.size()) < 0) return;  // a terminal that went away is read as
  }                                                          // ended

  int fd_;
  termios before_ = {};
  bool set_ = false;
};

}  // namespace

std::optional<std::string> ask_passphrase(const std::string& what, bool is_new) {
  const Unseen terminal;
  if (!terminal.there()) return {};
  std::string out = terminal.ask("passphrase of " + what);
  if (out.empty()) throw Error{Kind::usage, "the passphrase is empty", ""};
  if (is_new && terminal.ask("once more") != out) {
    throw Error{Kind::usage, "these were two passphrases", "begin again"};
  }
  return out;
}

}  // namespace mx::cli
