// SPDX-License-Identifier: Apache-2.0
#include "base/signals.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>

namespace mx::signals {
namespace {

// The exit code of a process of its own that does `work`; 128 + number when a signal killed it.
int exit_code(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct Temporary {
  Temporary()
      : path(std::filesystem::temp_directory_path() / ("mx-" + std::to_string(::getpid()))) {
    std::ofstream(path.string()) << "half";
  }
  ~Temporary() { std::filesystem::remove(path); }
  std::filesystem::path path;
};

TEST_CASE("the first signal is remembered when work is to be saved, the second ends") {
  CHECK(exit_code([] {
          install(First::finish_step);
          if (caught() != 0) return 1;
          ::raise(SIGTERM);
          return caught() == SIGTERM ? 0 : 2;
        }) == 0);
  CHECK(exit_code([] {
          install(First::finish_step);
          ::raise(SIGTERM);
          ::raise(SIGINT);
          return 0;
        }) == 130);
}

TEST_CASE("a signal that ends removes what was remembered and not what was forgotten") {
  const Temporary temporary;
  const std::string path = temporary.path.string();
  CHECK(exit_code([&] {
          install(First::end);
          remember_temporary(path);
          forget_temporary(path);
          ::raise(SIGTERM);
          return 0;
        }) == 143);
  CHECK(std::filesystem::exists(path));
  CHECK(exit_code([&] {
          install(First::end);
          remember_temporary("/tmp/another");
          remember_temporary(path);
          ::raise(SIGHUP);
          return 0;
        }) == 129);
  CHECK(!std::filesystem::exists(path));
}

TEST_CASE("more temporary files than there is room for are no error") {
  CHECK(exit_code([] {
          for (int i = 0; i < 100; ++i) remember_temporary("/tmp/none-" + std::to_string(i));
          remember_temporary(std::string(10000, 'x'));
          for (int i = 0; i < 100; ++i) forget_temporary("/tmp/none-" + std::to_string(i));
          return 0;
        }) == 0);
}

TEST_CASE("a broken pipe is a write error") {
  CHECK(exit_code([] {
          install(First::end);
          int ends[2];
          if (::pipe(ends) != 0) return 1;
          ::close(ends[0]);
          return ::write(ends[1], "x", 1) == -1 && errno == EPIPE ? 0 : 2;
        }) == 0);
}

TEST_CASE("a signal that was ignored before stays ignored") {
  CHECK(exit_code([] {
          ::signal(SIGHUP, SIG_IGN);
          install(First::end);
          ::raise(SIGHUP);
          return 0;
        }) == 0);
}

}  // namespace
}  // namespace mx::signals
