// SPDX-License-Identifier: Apache-2.0
// Not run by itself: test_file --no-skip --test-case="how fast*", with a model of real weights in
// MX_SPEED_MODEL (mx-pack import makes one of safetensors) or, without, made-up ones. Prints lines
// of `speed WHAT GB/s` and `size EFFORT PERCENT`, in memory and on one thread if WHAT says no
// other.
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "io/input.h"
#include "io/output.h"
#include "sample.h"

namespace mx {

using namespace testing;

namespace {

// 64 MB of bf16, normally distributed.
Model made_up() {
  Random random(3);
  Model model;
  model.header.kind = FileKind::tensors;
  for (int i = 0; i < 8; ++i) {
    Weight weight{fmt::format("w{}", i), Tensor(DType::bf16, {2048, 2048}), Scheme::plain, {}};
    for (std::size_t at = 0; at < weight.values.data.size(); at += 2) {
      const auto value = static_cast<float>(random.normal() * 0.02);
      std::uint32_t bits = 0;
      std::memcpy(&bits, &value, sizeof(bits));
      const auto half = static_cast<std::uint16_t>(bits >> 16U);
      std::memcpy(weight.values.data.data() + at, &half, sizeof(half));
    }
    model.weights.push_back(std::move(weight));
  }
  return model;
}

// Bytes a second, the best of some.
template <class F>
double rate(std::size_t bytes, F&& work) {
  using Clock = std::chrono::steady_clock;
  double best = 0;
  for (int i = 0; i < 12; ++i) {
    const Clock::time_point begin = Clock::now();
    work();
    const std::chrono::duration<double> taken = Clock::now() - begin;
    best = std::max(best, static_cast<double>(bytes) / taken.count());
  }
  return best / 1e9;
}

}  // namespace

TEST_CASE("how fast a file is written and read, in memory" * doctest::skip()) {
  (void)mallopt(M_MMAP_THRESHOLD, 32 << 20);  // as the tools do
  (void)mallopt(M_TRIM_THRESHOLD, 128 << 20);
  ThreadPool one(1), two(2);
  const char* const path = std::getenv("MX_SPEED_MODEL");
  Model model = path == nullptr ? made_up() : read_model(path, two);
  std::size_t raw = 0;
  for (const Weight& weight : model.weights) raw += weight.values.data.size();
  Bytes file;
  for (const Effort effort : {Effort::fast, Effort::normal}) {
    const double speed = rate(raw, [&] {
      file.clear();
      write_model(*io::memory_output(file), model, one, {.effort = effort});
    });
    const char* const name = effort == Effort::fast ? "fast" : "normal";
    fmt::print("speed {} {:.4f}\nsize {} {:.4f}\n", name, speed, name,
               100 * static_cast<double>(file.size()) / static_cast<double>(raw));
  }
  for (ThreadPool* pool : {&one, &two}) {
    const double speed = rate(raw, [&] {
      const Model again = read_model(*io::memory_input(file, "the file"), *pool);
      REQUIRE(again.weights.size() == model.weights.size());
    });
    fmt::print("speed read-{} {:.4f}\n", pool->threads(), speed);
  }
}

}  // namespace mx
