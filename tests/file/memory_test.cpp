// SPDX-License-Identifier: Apache-2.0
// What reading costs at most. Measured in a child process, by the kernel.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "sample.h"

#if defined(__SANITIZE_ADDRESS__)
#define MX_MEASURES 0
#else
#define MX_MEASURES 1
#endif

namespace mx {

using namespace testing;  // NOLINT: a test

namespace {

constexpr std::size_t kMiB = 1 << 20;

std::size_t peak_bytes() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

// How far `work` raises the peak of a process's memory, in MiB. It says whether it went as
// expected.
std::size_t cost(const std::function<bool()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    const std::size_t before = peak_bytes();
    const bool good = work();
    const std::size_t grown = (peak_bytes() - before) / kMiB;
    ::_exit(good ? static_cast<int>(std::min<std::size_t>(grown, 250)) : 255);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) != 255);
  return static_cast<std::size_t>(WEXITSTATUS(status));
}

bool refused(const std::function<void()>& read) {
  try {
    read();
  } catch (const Error& error) {
    return error.kind() == Kind::input;
  }
  return false;
}

// 192 MiB of numbers, nearly all zeros, in some hundred kilobytes.
Bytes airy(ThreadPool& pool) {
  Model model;
  model.header.kind = FileKind::tensors;
  for (int t = 0; t < 3; ++t) {
    Weight weight{fmt::format("w{}", t), Tensor(DType::u8, {64, kMiB}), Scheme::plain, Tensor{}};
    std::ranges::fill(weight.values.data.bytes(), std::uint8_t{0});
    for (std::size_t i = 0; i < 64; ++i) weight.values.data.data()[i * kMiB + i] = 1;
    model.weights.push_back(std::move(weight));
  }
  return bytes_of(model, pool, Effort::fast);
}

}  // namespace

TEST_CASE("a refused file costs little, however much it declares" * doctest::skip(!MX_MEASURES)) {
  ThreadPool pool(1);
  const Bytes bytes = airy(pool);
  REQUIRE(bytes.size() < 4 * kMiB);
  Bytes bad = bytes;
  bad[bad.size() - 300] ^= 1;
  for (const bool pipe : {false, true}) {
    const auto read = [&](ByteView from) {
      PipeInput forward(from);
      const std::unique_ptr<io::Input> file = io::memory_input(from, "m.mx");
      (void)read_model(pipe ? forward : *file, pool);
    };
    CHECK(cost([&] { return refused([&] { read(bad); }); }) <= 66);
    CHECK(cost([&] { return refused([&] { read(ByteView(bytes).first(bytes.size() - 1)); }); }) <=
          66);
    const std::size_t good = cost([&] {
      read(bytes);
      return true;
    });
    CHECK(good >= 150);
    CHECK(good <= 192 + 64);
  }
}

TEST_CASE("a head of many small values costs little" * doctest::skip(!MX_MEASURES)) {
  std::string text = "[";
  for (int i = 0; i < 5000000; ++i) text += "[],";
  text += "1]";
  CHECK(cost([&] { return refused([&] { (void)parse_json(text, "the head"); }); }) <= 16);
}

}  // namespace mx
