// SPDX-License-Identifier: Apache-2.0
#include "base/threads.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

namespace mx {
namespace {

TEST_CASE("every piece runs once, whatever the number of threads") {
  CHECK(usable_cores() >= 1);
  for (const std::size_t threads : {0, 1, 2, 7}) {
    ThreadPool pool(threads);
    CHECK(pool.threads() == std::max<std::size_t>(1, threads));
    for (const std::size_t count : {0, 1, 3, 1000}) {
      std::vector<std::atomic<int>> runs(count);
      pool.run(count, [&](std::size_t i) { ++runs[i]; });
      for (const auto& run : runs) CHECK(run == 1);
    }
  }
}

TEST_CASE("many short rounds follow each other") {
  ThreadPool pool(4);
  std::atomic<std::size_t> sum{0};
  for (int round = 0; round < 20000; ++round) {
    pool.run(3, [&](std::size_t i) { sum += i; });
  }
  CHECK(sum == 60000);
}

TEST_CASE("the error of the lowest piece is thrown again, and the pool goes on") {
  ThreadPool pool(4);
  for (int round = 0; round < 100; ++round) {
    std::atomic<int> runs{0};
    try {
      pool.run(50, [&](std::size_t i) {
        ++runs;
        if (i % 7 == 3) throw std::runtime_error(std::to_string(i));
      });
      CHECK(false);
    } catch (const std::runtime_error& error) {
      CHECK(std::string(error.what()) == "3");
    }
    CHECK(runs == 50);
  }
  int after = 0;
  pool.run(1, [&](std::size_t) { ++after; });
  CHECK(after == 1);
}

#ifndef __SANITIZE_ADDRESS__  // which reserves more address space than the limit leaves
TEST_CASE("a pool that the system gives too few threads works with those") {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit limit = {std::size_t{1} << 28, std::size_t{1} << 28};  // room for a few stacks
    ::setrlimit(RLIMIT_AS, &limit);
    ThreadPool pool(1000);
    std::atomic<int> runs{0};
    pool.run(100, [&](std::size_t) { ++runs; });
    ::_exit(pool.threads() < 1000 && runs == 100 ? 0 : 1);
  }
  int status = -1;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
#endif

}  // namespace
}  // namespace mx
