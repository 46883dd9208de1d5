// SPDX-License-Identifier: Apache-2.0
#include "io/output.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "base/error.h"
#include "folder.h"

namespace mx::io {
namespace {

using test::Folder;
using test::read_file;
using test::write_file;

template <class Work>
Error error_of(Work work) {
  try {
    work();
  } catch (const Error& e) {
    return e;
  }
  return {Kind::answer, "no error"};
}

void save(const std::string& path, std::string_view text, Existing existing = Existing::refuse) {
  const auto out = open_output(path, existing);
  out->write(view(text));
  out->commit();
}

TEST_CASE("a file has its final name only when it is whole") {
  const Folder folder;
  {
    const auto out = open_output(folder / "a");
    out->write(view("half"));
    out->flush();
    CHECK(out->written() == 4);
    CHECK(folder.names().size() == 1);
    CHECK(folder.names()[0].starts_with(".a.mx-"));
    out->write(view(" and half"));
    out->commit();
    CHECK(folder.names() == std::vector<std::string>{"a"});
  }
  CHECK(read_file(folder / "a") == "half and half");
}

TEST_CASE("what is not committed leaves nothing") {
  const Folder folder;
  { open_output(folder / "a")->write(view("lost")); }
  CHECK(folder.names().empty());
}

TEST_CASE("an existing file is refused, and kept when the run fails under force") {
  const Folder folder;
  save(folder / "a", "old");
  CHECK(error_of([&] { save(folder / "a", "new"); }).kind() == Kind::usage);
  CHECK(error_of([&] { check_output(folder / "a", Existing::refuse, {}); }).kind() == Kind::usage);
  { open_output(folder / "a", Existing::replace)->write(view("lost")); }
  CHECK(read_file(folder / "a") == "old");
  check_output(folder / "a", Existing::replace, {});
  save(folder / "a", "new", Existing::replace);
  CHECK(read_file(folder / "a") == "new");
}

TEST_CASE("a file that appeared while the run went on is not replaced") {
  const Folder folder;
  const auto out = open_output(folder / "a");
  out->write(view("ours"));
  write_file(folder / "a", "theirs");
  CHECK(error_of([&] { out->commit(); }).kind() == Kind::usage);
  CHECK(read_file(folder / "a") == "theirs");
}

TEST_CASE("permissions follow the umask, or the file that is replaced") {
  const Folder folder;
  const auto mode = [&](const std::string& name) {
    struct stat status = {};
    CHECK(::stat((folder / name).c_str(), &status) == 0);
    return status.st_mode & 0777;
  };
  const mode_t before = ::umask(027);
  save(folder / "a", "x");
  ::umask(before);
  CHECK(mode("a") == 0640);
  ::chmod((folder / "a").c_str(), 0600);
  save(folder / "a", "y", Existing::replace);
  CHECK(mode("a") == 0600);
}

TEST_CASE("an input is never the output, by any of its names") {
  const Folder folder;
  write_file(folder / "a", "x");
  std::filesystem::create_hard_link(folder / "a", folder / "hard");
  std::filesystem::create_symlink("a", folder / "soft");
  for (const char* name : {"a", "hard", "soft"}) {
    const Error e = error_of([&] {
      check_output(folder / name, Existing::replace, {"-", folder / "a"});
    });
    CHECK(e.kind() == Kind::usage);
    CHECK(e.message().find("input") != std::string::npos);
  }
  check_output("/dev/null", Existing::refuse, {"/dev/null"});
}

TEST_CASE("two outputs are known for one file by any of its names, before it is there, too") {
  const Folder folder;
  write_file(folder / "a", "text");
  std::filesystem::create_hard_link(folder / "a", folder / "hard");
  std::filesystem::create_symlink("new", folder / "link");
  CHECK(same_target(folder / "a", folder / "hard"));
  CHECK(same_target(folder / "new", folder / "new"));
  CHECK(same_target(folder / "new", folder / "./new"));
  CHECK(same_target(folder / "new", folder / "link"));
  CHECK(same_target("new-here.mx", "./new-here.mx"));
  CHECK(!same_target(folder / "new", folder / "other"));
  CHECK(!same_target(folder / "new", ""));
  CHECK(!same_target("/dev/null", "/dev/null"));
  CHECK(!same_target("-", "-"));
}

TEST_CASE("a symbolic link is kept and its target written") {
  const Folder folder;
  std::filesystem::create_directory(folder / "below");
  std::filesystem::create_symlink("below/real", folder / "link");
  check_output(folder / "link", Existing::refuse, {});
  save(folder / "link", "x");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(read_file(folder / "below/real") == "x");
  save(folder / "link", "y", Existing::replace);
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(read_file(folder / "below/real") == "y");
}

TEST_CASE("temporary files of killed runs are removed, those of living ones are not") {
  const Folder folder;
  write_file(folder / ".a.mx-123-abc123.tmp", "stale");
  write_file(folder / ".b.mx-123-abc123.tmp", "another target's");
  write_file(folder / ".a.mx-notes.tmp", "not ours");
  const auto alive = open_output(folder / "a");
  alive->write(view("x"));
  const auto second = open_output(folder / "a", Existing::replace);
  second->commit();
  CHECK(folder.names().size() == 4);  // b's, the notes, the living one, a
  CHECK(!std::filesystem::exists(folder / ".a.mx-123-abc123.tmp"));
  CHECK(std::filesystem::exists(folder / ".b.mx-123-abc123.tmp"));
  CHECK(error_of([&] { alive->commit(); }).kind() == Kind::usage);
}

TEST_CASE("a file left by a process that was killed is removed by the next run") {
  const Folder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    const auto out = open_output(folder / "a");
    out->write(view("half"));
    out->flush();
    ::raise(SIGKILL);
  }
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(folder.names().size() == 1);
  save(folder / "a", "whole");
  CHECK(folder.names() == std::vector<std::string>{"a"});
}

TEST_CASE("names as long as the system allows work") {
  const Folder folder;
  const std::string name(255, 'n');
  save(folder / name, "x");
  CHECK(folder.names() == std::vector<std::string>{name});
}

TEST_CASE("devices are written directly and a full one is an output error") {
  save("/dev/null", "x");
  check_output("/dev/full", Existing::refuse, {});
  const Error e = error_of([] { save("/dev/full", "x"); });
  CHECK(e.kind() == Kind::output);
  CHECK(e.message() == "cannot write /dev/full: No space left on device");
  const auto out = open_output("/dev/full");
  const Bytes large(1 << 20);
  CHECK(error_of([&] { out->write(large); }).kind() == Kind::output);
}

TEST_CASE("folders that are missing, files or not writable are told before any work") {
  const Folder folder;
  write_file(folder / "file", "x");
  CHECK(error_of([&] { check_output(folder / "no/a", Existing::refuse, {}); }).kind() ==
        Kind::output);
  CHECK(error_of([&] { check_output(folder / "file/a", Existing::refuse, {}); }).kind() ==
        Kind::output);
  CHECK(error_of([&] { check_output(folder.path(), Existing::replace, {}); }).kind() ==
        Kind::usage);
  CHECK(error_of([&] { check_output("/proc/a", Existing::refuse, {}); }).kind() == Kind::output);
  CHECK(error_of([&] { (void)open_output(folder / "no/a"); }).kind() == Kind::output);
  if (::geteuid() == 0) {
    MESSAGE("skipped for root: a folder without write permission");
    return;
  }
  ::chmod(folder.path().c_str(), 0500);
  CHECK(error_of([&] { check_output(folder / "a", Existing::refuse, {}); }).kind() == Kind::output);
  ::chmod(folder.path().c_str(), 0700);
}

TEST_CASE("a FIFO is written directly") {
  const Folder folder;
  REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    save(folder / "fifo", "through");
    ::_exit(0);
  }
  CHECK(read_file(folder / "fifo") == "through");
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(folder.names() == std::vector<std::string>{"fifo"});
}

TEST_CASE("memory outputs collect") {
  Bytes bytes;
  const auto out = memory_output(bytes);
  out->write(view("ab"));
  out->write(view("c"));
  out->commit();
  CHECK(text(bytes) == "abc");
  CHECK(out->written() == 3);
}

}  // namespace
}  // namespace mx::io
