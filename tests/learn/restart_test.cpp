// SPDX-License-Identifier: Apache-2.0
#include "learn/restart.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>

#include "io/folder.h"

namespace mx {

TEST_CASE("a checkpoint is removed, but no device or pipe that stands for one") {
  const test::Folder folder;
  const std::string file = folder / "run.ckpt";
  const std::string pipe = folder / "pipe";
  test::write_file(file, "a checkpoint");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  remove_checkpoint(file);
  remove_checkpoint(pipe);
  remove_checkpoint(folder / "none");
  remove_checkpoint("");
  CHECK_FALSE(std::filesystem::exists(file));
  CHECK(std::filesystem::exists(pipe));
}

}  // namespace mx
