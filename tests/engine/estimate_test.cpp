// SPDX-License-Identifier: Apache-2.0
// What a network takes to run is said before anything is packed, and held to.
#include "engine/estimate.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/error.h"
#include "engine/conv_sizes.h"
#include "engine/sequence.h"
#include "net/families.h"

namespace mx {
namespace {

constexpr std::uint64_t kMega = 1U << 20U;

std::vector<Weight> zeros_for(const Network& network) {
  std::vector<Weight> out;
  for (const TensorSpec& spec : tensors(network)) {
    Weight weight{.name = spec.name, .values = Tensor(DType::f32, spec.shape)};
    for (float& value : weight.values.as<float>()) value = 0;
    out.push_back(std::move(weight));
  }
  return out;
}

void refused(const Network& network, std::uint64_t max_memory) {
  ThreadPool pool(1);
  const std::vector<Weight> weights = zeros_for(network);
  try {
    const Engine engine(network, weights, pool, nullptr, max_memory);
    FAIL("it was not refused");
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
    CHECK(error.message().starts_with("running the network asks for "));
    CHECK(error.hint().find("--max-memory") != std::string::npos);
  }
}

Network of(std::vector<Block> blocks) {
  Network out{std::move(blocks)};
  check_network(out);
  return out;
}

// 2,049 numbers, between which a row becomes a million times as many.
Network wide_inside() {
  return of({{InputBlock{{1, 1024, 1024}}},
             {Conv2d{.name = "0", .in = 1, .out = 1024, .kernel = 1}},
             {Conv2d{.name = "1", .in = 1024, .out = 1, .kernel = 1}}});
}

TEST_CASE("a network that is wide inside is refused before it is run") {
  refused(wide_inside(), 2048 * kMega);
  const RunEstimate estimate(wide_inside());
  CHECK(estimate.working({}) > std::uint64_t{8} << 30U);  // two buffers of 2^30 numbers
  CHECK(estimate.weights() < kMega);
}

TEST_CASE("what a convolution lays out and borders counts") {
  // With a stride the windows stand one by one: 81 times the image.
  const Network strided =
      of({{InputBlock{{1, 512, 512}}},
          {Conv2d{.name = "0", .in = 1, .out = 1, .kernel = 27, .stride = 3, .padding = 13}}});
  CHECK(RunEstimate(strided).working({}) > 27 * 27 * 170 * 170 * sizeof(float));
  refused(strided, 64 * kMega);
  // The borders of a small image may be large.
  const Network bordered = of(
      {{InputBlock{{1, 1, 1}}},
       {Conv2d{.name = "0", .in = 1, .out = 1, .kernel = 1024, .stride = 1024, .padding = 1023}}});
  CHECK(RunEstimate(bordered).working({}) > 2047 * 2047 * sizeof(float));
}

TEST_CASE("sizes of a convolution that do not fit 64 bits are refused") {
  constexpr std::int64_t kMost = (std::int64_t{1} << 31) - 1;
  // Each size is one that a file may state; the bordered image would wrap.
  const Conv2d block{
      .name = "0", .in = 1, .out = 1, .kernel = kMost, .stride = kMost, .padding = kMost / 2 + 2};
  CHECK_THROWS_AS((void)engine::conv_sizes(block, {1, kMost, kMost}, {1, 2, 2}, 16), Error);
  // So would the windows.
  const Conv2d windows{.name = "0", .in = 1 << 20, .out = 1, .kernel = 1 << 16, .stride = 2};
  CHECK_THROWS_AS(
      (void)engine::conv_sizes(windows, {1 << 20, 1 << 17, 1 << 17}, {1, 1 << 16, 1 << 16}, 16),
      Error);
}

TEST_CASE("the panels that kernels fill up, and maps that are tied, count") {
  const auto panel = std::uint64_t{8};  // at least
  const Network narrow =
      of({{InputBlock{{1 << 20}}}, {Linear{.name = "0", .in = 1 << 20, .out = 1, .bias = false}}});
  CHECK(RunEstimate(narrow).weights() >= panel * (1U << 20U) * sizeof(float));
  std::vector<Block> blocks = {{InputBlock{{64}}},
                               {Linear{.name = "0", .in = 64, .out = 64, .bias = false}}};
  for (int i = 1; i <= 1000; ++i) {
    blocks.push_back({Linear{
        .name = std::to_string(i), .in = 64, .out = 64, .bias = false, .tied = "0.weight"}});
  }
  const RunEstimate tied(of(blocks));
  CHECK(tied.work({}) >= std::uint64_t{1001} * 64 * 64);
  CHECK(tied.weights() >= std::uint64_t{1001} * 64 * 64 * sizeof(float));  // as they are packed
}

TEST_CASE("work is that of the network, or a little more") {
  const Network cnn =
      build({.family = Family::cnn, .hidden = {120, 84}, .channels = {6, 16}}, {1, 28, 28}, 10);
  const std::uint64_t macs = cost(cnn).macs;
  CHECK(RunEstimate(cnn).work({}) >= macs);
  CHECK(RunEstimate(cnn).work({}) < 4 * macs);
  CHECK(RunEstimate(cnn).work({.rows = 3}) == 3 * RunEstimate(cnn).work({}));
  for (const Family family : {Family::gpt, Family::llama, Family::bert}) {
    CAPTURE(name_of(family));
    const Network network = build_language_model(
        {.family = family, .layers = 2, .heads = 4, .dim = 64, .context = 256}, 1000);
    const RunEstimate estimate(network);
    CHECK(estimate.work({}) >= cost(network).macs);
    CHECK(estimate.work({}) < 4 * cost(network).macs);
    CHECK(estimate.work({.tokens = 16}) * 8 < estimate.work({}));
    // Where all but one are known already, that one is worked on.
    CHECK(estimate.work({.tokens = 256, .past = 255, .last = true}) * 100 < estimate.work({}));
    CHECK(estimate.working({.tokens = 16}) < estimate.working({}));
    CHECK(estimate.rows({}) == (256 + 256 * 1000) * sizeof(float));
    CHECK(estimate.rows({.last = true}) == (256 + 1000) * sizeof(float));
  }
}

TEST_CASE("a sequence may be as long as memory allows") {
  const Network network = build_language_model(
      {.family = Family::llama, .layers = 2, .heads = 4, .dim = 32, .context = 1 << 16}, 50);
  ThreadPool pool(1);
  const Engine engine(network, zeros_for(network), pool, nullptr, 8 * kMega);
  Sequence sequence(engine);
  std::vector<float> out(50);
  sequence.feed(std::vector<TokenId>(100), out);
  CHECK(sequence.length() == 100);
  try {
    sequence.feed(std::vector<TokenId>(50000), out);
    FAIL("it was not refused");
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
  }
  CHECK(sequence.length() == 100);
  sequence.feed(std::vector<TokenId>(1), out);
  // The same of rows, whose padding costs nothing.
  Engine rows(network, zeros_for(network), pool, nullptr, 8 * kMega);
  std::vector<float> x(1 << 16, -1), y(x.size() * 50);
  x[0] = 1;
  rows.run(x, y, 1);
  std::ranges::fill(x, 1.0F);
  CHECK_THROWS_AS(rows.run(x, y, 1), Error);
}

TEST_CASE("many small blocks are made ready in time that grows with their number") {
  std::vector<Block> blocks = {{InputBlock{{1}}}};
  for (int i = 0; i < 20000; ++i) {
    blocks.push_back({Linear{.name = std::to_string(i), .in = 1, .out = 1, .bias = false}});
  }
  const Network network = of(blocks);
  std::vector<Weight> weights = zeros_for(network);
  std::ranges::reverse(weights);
  ThreadPool pool(1);
  Engine engine(network, weights, pool);
  std::vector<float> x = {1}, y(1);
  engine.run(x, y, 1);
  CHECK(y[0] == 0);
}

TEST_CASE("a block that the executor does not run makes the network an input that is refused") {
  const Network network =
      of({{InputBlock{{4, 8}}},
          {Attention{.name = "0", .dim = 8, .heads = 2, .kv_heads = 2, .head_dim = 4}}});
  ThreadPool pool(1);
  try {
    const Engine engine(network, zeros_for(network), pool);
    FAIL("it was not refused");
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
  }
}

}  // namespace
}  // namespace mx
