// SPDX-License-Identifier: Apache-2.0
#include "cli/ask.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/error.h"
#include "base/signals.h"

namespace mx::cli {
namespace {

constexpr char kInterrupt = 3, kEnd = 4, kBackspace = 8, kSuspend = 26, kQuit = 28, kDelete = 127;
constexpr std::size_t kMost = 1024;

volatile std::sig_atomic_t signal_caught = 0;
void catch_signal(int number) { signal_caught = number; }

// Without echo and without keys that are signals while this lives; signals that end or stop the
// process only raise a flag, and only where they are waited for.
class Quiet {
 public:
  explicit Quiet(int terminal) : fd_(terminal) {
    sigset_t held;
    sigemptyset(&held);
    for (const int number : kSignals) sigaddset(&held, number);
    ::pthread_sigmask(SIG_BLOCK, &held, &mask_);
    struct sigaction action = {};
    action.sa_handler = catch_signal;
    sigfillset(&action.sa_mask);
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      ::sigaction(kSignals[i], &action, &actions_[i]);
    }
    signal_caught = 0;
    if (::tcgetattr(fd_, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    set_ = ::tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  ~Quiet() {
    if (set_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      ::sigaction(kSignals[i], &actions_[i], nullptr);
    }
    ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  }
  [[nodiscard]] bool set() const { return set_; }

  // False: a signal came, or the terminal went away.
  [[nodiscard]] bool read(char& key) const {
    pollfd one{.fd = fd_, .events = POLLIN, .revents = 0};
    for (;;) {
      if (::ppoll(&one, 1, nullptr, &mask_) < 0 && errno != EINTR) return false;
      if (signal_caught != 0) return false;
      if (one.revents == 0) continue;
      const ssize_t count = ::read(fd_, &key, 1);
      if (count < 0 && errno == EINTR) continue;
      return count == 1;
    }
  }

 private:
  static constexpr std::array kSignals = {SIGINT,  SIGTERM, SIGHUP, SIGQUIT,
                                          SIGTSTP, SIGTTIN, SIGTTOU};

  int fd_;
  sigset_t mask_ = {};
  std::array<struct sigaction, kSignals.size()> actions_ = {};
  termios before_ = {};
  bool set_ = false;
};

class Questions {
 public:
  Questions() : fd_(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)) {}
  Questions(const Questions&) = delete;
  Questions& operator=(const Questions&) = delete;
  ~Questions() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] bool there() const {
    termios ignored = {};
    return fd_ >= 0 && ::tcgetattr(fd_, &ignored) == 0;
  }

  [[nodiscard]] io::Secret ask(const std::string& question) const {
    for (;;) {
      // In the background a question would disturb who is in front.
      if (::tcgetpgrp(fd_) != ::getpgrp()) ::raise(SIGTTIN);
      int signal = 0;
      io::Secret out = ask_once(question + ": ", signal);
      if (signal == 0) return out;
      ::raise(signal);  // as it would have been taken without the question
      if (signals::caught() != 0) cancelled();
    }
  }

 private:
  [[noreturn]] static void cancelled() { throw Error{Kind::usage, "no passphrase was given", ""}; }

  [[nodiscard]] io::Secret ask_once(const std::string& question, int& signal) const {
    const Quiet terminal(fd_);
    if (!terminal.set()) cancelled();
    say(question);
    io::Secret out;
    for (char key = 0;;) {
      const bool there = terminal.read(key);
      signal = there ? 0 : signal_caught;
      if (there && key == kSuspend) signal = SIGTSTP;
      if (there && key == kQuit) signal = SIGQUIT;
      const bool ended = !there || key == kInterrupt || (key == kEnd && out.empty());
      if (signal != 0 || ended || key == '\n' || key == '\r' || key == kEnd) {
        say("\n");
        if (signal == 0 && ended) cancelled();
        return out;
      }
      if (key == kBackspace || key == kDelete) {
        if (!out.empty()) out.remove_last();
      } else if (out.size() < kMost) {
        out.add(key);
      }
    }
  }

  void say(const std::string& text) const {
    if (::write(fd_, text.data(), text.size()) < 0) return;  // a terminal that went away is read as
  }                                                          // ended

  int fd_;
};

}  // namespace

std::optional<io::Secret> ask_passphrase(const std::string& what, bool is_new) {
  const Questions terminal;
  if (!terminal.there()) return {};
  io::Secret out = terminal.ask("passphrase of " + what);
  if (out.empty()) throw Error{Kind::usage, "the passphrase is empty", ""};
  if (is_new && terminal.ask("once more") != out) {
    throw Error{Kind::usage, "these were two passphrases", "begin again"};
  }
  return out;
}

}  // namespace mx::cli
