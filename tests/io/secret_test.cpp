// SPDX-License-Identifier: Apache-2.0
#include "io/secret.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "io/age_keys.h"
#include "io/folder.h"
#include "io/input.h"
#include "io/output.h"

namespace mx::io {

TEST_CASE("a secret's file is read by its descriptor, for its owner alone, and pipes as they are") {
  const test::Folder folder;
  const std::string file = folder / "k", link = folder / "link";
  write_secret(file, "some words\r\nmore");
  struct stat status = {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600U);
  CHECK(read_secret(file).text() == "some words\r\nmore");
  CHECK(read_passphrase(file).text() == "some words");
  CHECK_THROWS_WITH_AS(write_secret(file, "other"), doctest::Contains("exists"), Error);
  REQUIRE(::symlink((folder / "nothing").c_str(), link.c_str()) == 0);
  CHECK_THROWS_AS(write_secret(link, "other"), Error);  // nor through a link
  CHECK_FALSE(std::filesystem::exists(folder / "nothing"));
  REQUIRE(::chmod(file.c_str(), 0640) == 0);
  CHECK_THROWS_WITH_AS((void)read_secret(file), doctest::Contains("others than its owner may read"),
                       Error);
  test::write_file(folder / "long", std::string(65537, 'a'));
  REQUIRE(::chmod((folder / "long").c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS((void)read_secret(folder / "long"), doctest::Contains("is larger than"),
                       Error);
}

TEST_CASE("where secrets were, nothing is left, and no core is dumped") {
  std::string typed = "a passphrase that is longer than a short string";
  const char* const place = typed.data();
  const std::size_t size = typed.size();
  const Secret taken = Secret::taken_from(typed);
  CHECK(taken.text() == "a passphrase that is longer than a short string");
  CHECK(std::string(place, size) == std::string(size, '\0'));
  rlimit core = {};
  REQUIRE(::getrlimit(RLIMIT_CORE, &core) == 0);
  CHECK(core.rlim_cur == 0);
}

TEST_CASE("an identity that is taken for a recipient is not shown") {
  const std::string text(AgeIdentity::make().text().text());
  try {
    (void)parse_recipient(text);
    FAIL("it is taken");
  } catch (const Error& error) {
    CHECK(error.message() == "this is an identity, which is secret, and no recipient");
    CHECK(error.hint().find(text) == std::string::npos);
  }
}

TEST_CASE("documents are regular files: nobody is waited for") {
  const test::Folder folder;
  const std::string pipe = folder / "pipe", file = folder / "file";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  test::write_file(file, "text");
  CHECK_THROWS_WITH_AS((void)open_document(pipe), doctest::Contains("is no regular file"), Error);
  CHECK_THROWS_WITH_AS((void)open_document("/dev/null"), doctest::Contains("is no regular file"),
                       Error);
  CHECK_THROWS_WITH_AS((void)open_document(folder.path()), doctest::Contains("is a folder"), Error);
  CHECK(read_all(*open_document(file), 100).size() == 4);
  int ends[2] = {};
  REQUIRE(::pipe(ends) == 0);
  REQUIRE(::write(ends[1], "words", 5) == 5);
  ::close(ends[1]);
  CHECK(read_all(*open_document("/dev/fd/" + std::to_string(ends[0])), 100).size() == 5);
  ::close(ends[0]);
}

TEST_CASE("what a run left is read when it is this user's, and nobody else may write it") {
  const test::Folder folder;
  const std::string file = folder / "run.ckpt";
  test::write_file(file, "text");
  CHECK_NOTHROW((void)open_own(file));
  REQUIRE(::chmod(file.c_str(), 0666) == 0);
  CHECK_THROWS_WITH_AS((void)open_own(file), doctest::Contains("everybody may write"), Error);
  REQUIRE(::chmod(file.c_str(), 0664) == 0);
  CHECK_NOTHROW((void)open_own(file));
  if (::geteuid() != 0) return;  // only root can give a file away
  REQUIRE(::chown(file.c_str(), 12345, 12345) == 0);
  CHECK_THROWS_WITH_AS((void)open_own(file), doctest::Contains("belongs to another user"), Error);
}

TEST_CASE("a link that another user put into a shared folder is not written through") {
  const test::Folder folder;
  const std::string link = folder / "out", target = folder / "target";
  REQUIRE(::symlink(target.c_str(), link.c_str()) == 0);
  const auto save = [&](Links links) {
    const auto out = open_output(link, Existing::replace, links);
    out->write(view("text"));
    out->commit();
  };
  CHECK_THROWS_WITH_AS(save(Links::refuse), doctest::Contains("it is a link"), Error);
  CHECK_NOTHROW(save(Links::follow));
  CHECK(std::filesystem::is_symlink(link));
  CHECK(test::read_file(target) == "text");
  if (::geteuid() != 0) return;
  std::filesystem::remove(target);
  REQUIRE(::chmod(folder.path().c_str(), 01777) == 0);
  CHECK_NOTHROW(save(Links::follow));
  std::filesystem::remove(target);
  REQUIRE(::lchown(link.c_str(), 12345, 12345) == 0);
  CHECK_THROWS_WITH_AS(save(Links::follow),
                       doctest::Contains("it is a link that another user put there"), Error);
  CHECK_FALSE(std::filesystem::exists(target));
}

}  // namespace mx::io
