// SPDX-License-Identifier: Apache-2.0
#include "infer/generate.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/error.h"
#include "net/families.h"
#include "text/byte_tokenizer.h"

namespace mx {
namespace {

std::map<TokenId, double> shares(const SamplingOptions& options, const std::vector<float>& logits) {
  Random random(5);
  std::map<TokenId, double> out;
  for (int i = 0; i < 20000; ++i) out[sample(logits, options, random)] += 1 / 20000.0;
  return out;
}

const std::vector<float> kLogits = {std::log(0.1F), std::log(0.5F), std::log(0.2F), std::log(0.2F)};
const SamplingOptions kAll = {.temperature = 1, .top_k = 0, .top_p = 1, .min_p = 0};

TEST_CASE("tokens are drawn by their probabilities, sharper or flatter by the temperature") {
  CHECK(shares(kAll, kLogits)[1] == doctest::Approx(0.5).epsilon(0.05));
  CHECK(shares(kAll, kLogits)[0] == doctest::Approx(0.1).epsilon(0.1));
  SamplingOptions sharp = kAll;
  sharp.temperature = 0.5;  // squares: 1, 25, 4, 4 of 34
  CHECK(shares(sharp, kLogits)[1] == doctest::Approx(25.0 / 34).epsilon(0.05));
  sharp.temperature = 0;
  CHECK(shares(sharp, kLogits).size() == 1);
  CHECK(shares(sharp, {1, 3, 3, 2}).begin()->first == 1);  // equal ones: the lower id
}

TEST_CASE("top-k, top-p and min-p leave the likeliest tokens") {
  SamplingOptions options = kAll;
  options.top_k = 2;  // of two equal ones the lower id
  auto seen = shares(options, kLogits);
  CHECK((seen.size() == 2 && seen.contains(1) && seen.contains(2)));
  options = kAll;
  options.top_p = 0.65;  // 0.5 and then 0.2 reach it
  seen = shares(options, kLogits);
  CHECK((seen.size() == 2 && seen.contains(2)));
  options.top_p = 0;
  CHECK(shares(options, kLogits).size() == 1);
  options = kAll;
  options.min_p = 0.3;
  seen = shares(options, kLogits);
  CHECK((seen.size() == 3 && !seen.contains(0)));
  const float nothing = -std::numeric_limits<float>::infinity();
  CHECK(shares(kAll, {nothing, 0, nothing, nothing}).size() == 1);
  Random random(1);
  CHECK_THROWS_AS((void)sample(std::vector<float>{nothing, nothing}, kAll, random), Error);
}

// A network without attention that says the token that follows: "abcabc...".
struct Cycle {
  ByteTokenizer tokenizer{std::vector<SpecialToken>{{std::string(kEndOfText), 256}}};
  ThreadPool pool{1};
  Network network{{{InputBlock{.shape = {}, .tokens = 4}},
                   {Embedding{.name = "e", .vocab = 257, .dim = 3}},
                   {Linear{.name = "head", .in = 3, .out = 257, .bias = false}}}};
  std::vector<Weight> weights;
  Cycle() {
    Weight table{.name = "e.tokens", .values = Tensor(DType::f32, {257, 3})};
    Weight head{.name = "head.weight", .values = Tensor(DType::f32, {257, 3})};
    std::ranges::fill(table.values.as<float>(), 0.0F);
    std::ranges::fill(head.values.as<float>(), 0.0F);
    for (std::size_t i = 0; i < 3; ++i) {
      table.values.as<float>()[('a' + i) * 3 + i] = 1;
      head.values.as<float>()[('a' + (i + 1) % 3) * 3 + i] = 9;
    }
    weights = {table, head};
  }
  std::string go_on(std::string_view prompt, GenerateOptions options) {
    const Engine engine(network, weights, pool);
    options.sampling.temperature = 0;
    Random random(1);
    std::string out;
    generate(engine, tokenizer, prompt, options, random, [&](std::string_view text) {
      out += text;
      return true;
    });
    return out;
  }
};

TEST_CASE("the text goes on, also beyond the context, up to max-tokens") {
  Cycle cycle;
  GenerateOptions options;
  options.max_tokens = 11;
  CHECK(cycle.go_on("a", options) == "bcabcabcabc");
  CHECK(cycle.go_on("abcabcabca", options) == "bcabcabcabc");  // longer than the context
  options.max_tokens = 0;
  CHECK(cycle.go_on("a", options).empty());
}

TEST_CASE("a stop string ends the text and is not given out, wherever tokens end") {
  Cycle cycle;
  GenerateOptions options;
  options.max_tokens = 20;
  options.stop = {"ca"};
  CHECK(cycle.go_on("a", options) == "b");
  options.stop = {"zz", "bcabcb", "cabcab"};
  CHECK(cycle.go_on("a", options) == "b");
  options.stop = {"cax"};
  CHECK(cycle.go_on("a", options).size() == 20);
}

TEST_CASE("whoever takes the text may end it") {
  Cycle cycle;
  const Engine engine(cycle.network, cycle.weights, cycle.pool);
  GenerateOptions options;
  options.sampling.temperature = 0;
  Random random(1);
  int pieces = 0;
  generate(engine, cycle.tokenizer, "a", options, random,
           [&](std::string_view) { return ++pieces < 3; });
  CHECK(pieces == 3);
}

}  // namespace
}  // namespace mx
