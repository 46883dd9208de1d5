// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/error.h"
#include "io/folder.h"
#include "learn/checkpoint.h"

namespace mx {

TEST_CASE("a checkpoint that others may have written is not loaded, and stays") {
  const test::Folder folder;
  const std::string file = folder / "run.ckpt";
  ThreadPool pool(1);
  save_checkpoint(file, {.key = "one"}, pool);
  CHECK(find_checkpoint(file)->key == "one");
  std::filesystem::permissions(file, std::filesystem::perms(0646));
  CHECK_THROWS_WITH_AS((void)find_checkpoint(file), doctest::Contains("everybody may write"),
                       Error);
  CHECK_THROWS_AS((void)load_checkpoint(file, pool), Error);
  CHECK_THROWS_AS(check_replaceable(file), Error);
  remove_checkpoint(file);
  CHECK(std::filesystem::exists(file));
}

TEST_CASE("a checkpoint is removed, but no device, pipe or other file that stands for one") {
  const test::Folder folder;
  const std::string file = folder / "run.ckpt", pipe = folder / "pipe", notes = folder / "notes";
  ThreadPool pool(1);
  save_checkpoint(file, {.key = "one"}, pool);
  test::write_file(notes, "not ours");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const std::string& path : {file, pipe, folder / "none", std::string()}) {
    CHECK_NOTHROW(check_replaceable(path));
  }
  CHECK_THROWS_WITH_AS(check_replaceable(notes),
                       doctest::Contains("is no checkpoint, and would be replaced"), Error);
  remove_checkpoint(file);
  remove_checkpoint(pipe);
  remove_checkpoint(notes);
  remove_checkpoint(folder / "none");
  remove_checkpoint("");
  CHECK_FALSE(std::filesystem::exists(file));
  CHECK(std::filesystem::exists(pipe));
  CHECK(test::read_file(notes) == "not ours");
}

}  // namespace mx
