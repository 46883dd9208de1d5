// SPDX-License-Identifier: Apache-2.0
#include "io/mapped_file.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

#include "base/signals.h"
#include "folder.h"

namespace mx::io {
namespace {

TEST_CASE("a mapped file that is cut ends the process as an incomplete input does") {
  const test::Folder folder;
  const std::string path = folder / "data", temporary = folder / "half";
  test::write_file(path, std::string(1 << 20, 'x'));
  test::write_file(temporary, "half");
  std::array<int, 2> pipe = {};
  REQUIRE(::pipe(pipe.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe[1], STDERR_FILENO);
    signals::remember_temporary(temporary);
    const MappedFile file(path);
    const MappedFile other(temporary);
    std::filesystem::resize_file(path, 4096);
    const bool same = file.bytes()[100] == other.bytes()[0];
    ::_exit(file.bytes()[1 << 19] == 'x' || same ? 1 : 2);
  }
  ::close(pipe[1]);
  std::string said(4096, 0);
  said.resize(static_cast<std::size_t>(::read(pipe[0], said.data(), said.size())));
  ::close(pipe[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 3);
  CHECK(said.find(path + " was cut while it was read\n") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(temporary));
}

}  // namespace
}  // namespace mx::io
