// SPDX-License-Identifier: Apache-2.0
// Networks on tokens: a sequence fed bit by bit gives what it gives at once, whatever runs it.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "engine/sequence.h"
#include "net/families.h"
#include "tensor/quantize.h"

namespace mx {
namespace {

constexpr std::int64_t kVocab = 23;

Network network_of(Family family) {
  return build_language_model({.family = family,
                               .layers = 2,
                               .heads = 4,
                               .dim = 16,
                               .context = 12,
                               .kv_heads = family == Family::llama ? 2 : 4},
                              kVocab);
}

std::vector<Weight> random_weights(const Network& network) {
  Random random(7);
  std::vector<Weight> out;
  for (const TensorSpec& spec : tensors(network)) {
    Weight weight{.name = spec.name, .values = Tensor(DType::f32, spec.shape)};
    const bool scale = spec.role == "weight" && spec.shape.size() == 1;
    for (float& value : weight.values.as<float>()) {
      value = static_cast<float>((scale ? 1 : 0) + 0.3 * random.normal());
    }
    out.push_back(std::move(weight));
  }
  return out;
}

const std::vector<TokenId> kIds = {3, 1, 4, 1, 5, 9, 2, 6, 5};

std::vector<float> outputs(const Engine& engine, std::span<const TokenId> ids) {
  std::vector<float> out(ids.size() * kVocab);
  Sequence(engine).feed(ids, out);
  return out;
}

double distance(std::span<const float> a, std::span<const float> b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    most = std::max(most, std::fabs(static_cast<double>(a[i]) - b[i]));
  }
  return most;
}

TEST_CASE("tokens fed one by one give what they give at once, and so does the last alone") {
  ThreadPool pool(1);
  for (const Family family : {Family::gpt, Family::llama}) {
    CAPTURE(name_of(family));
    const Network network = network_of(family);
    const Engine engine(network, random_weights(network), pool);
    const std::vector<float> all = outputs(engine, kIds);
    Sequence sequence(engine);
    std::vector<float> one(kVocab);
    for (std::size_t i = 0; i < kIds.size(); ++i) {
      sequence.feed(std::span(kIds).subspan(i, 1), one);
      CHECK(distance(one, std::span(all).subspan(i * kVocab, kVocab)) < 1e-5);
    }
    // Forgotten and fed again.
    sequence.truncate(4);
    CHECK(sequence.length() == 4);
    sequence.feed(std::span(kIds).subspan(4), one);
    CHECK(distance(one, std::span(all).last(kVocab)) < 1e-5);
  }
}

TEST_CASE("rows of ids and padding give the same numbers, for every number of threads") {
  for (const Family family : {Family::gpt, Family::llama, Family::bert}) {
    CAPTURE(name_of(family));
    const Network network = network_of(family);
    const std::vector<Weight> weights = random_weights(network);
    ThreadPool one(1), three(3);
    Engine engine(network, weights, one), wide(network, weights, three);
    std::vector<float> x(3 * 12, -1), y(3 * 12 * kVocab), again(y.size());
    for (std::size_t r = 0; r < 3; ++r) {
      std::copy_n(kIds.begin(), kIds.size() - r, x.begin() + static_cast<std::ptrdiff_t>(r * 12));
    }
    engine.run(x, y, 3);
    wide.run(x, again, 3);
    CHECK(y == again);
    for (std::size_t r = 0; r < 3; ++r) {
      const std::size_t count = (kIds.size() - r) * kVocab;
      const auto row = std::span(y).subspan(r * 12 * kVocab, 12 * kVocab);
      CHECK(distance(row.first(count), outputs(engine, std::span(kIds).first(kIds.size() - r))) ==
            0);
      CHECK(std::ranges::all_of(row.subspan(count), [](float v) { return v == 0; }));
    }
  }
}

TEST_CASE("a causal network's outputs do not depend on what follows, an encoder's do") {
  ThreadPool pool(1);
  std::vector<TokenId> other = kIds;
  other.back() = 17;
  for (const Family family : {Family::gpt, Family::llama, Family::bert}) {
    const Network network = network_of(family);
    const Engine engine(network, random_weights(network), pool);
    const std::size_t before = (kIds.size() - 1) * kVocab;
    const std::vector<float> a = outputs(engine, kIds), b = outputs(engine, other);
    const double apart = distance(std::span(a).first(before), std::span(b).first(before));
    CHECK((apart == 0) == (family != Family::bert));
  }
}

TEST_CASE("attention is the textbook's, heads that share a key and value included") {
  // One block of attention over fixed embeddings, against its definition in double.
  const std::int64_t heads = 4, kv = 2, head = 3, dim = 5, time = 6;
  const Network network{
      {{InputBlock{.shape = {}, .tokens = time}},
       {Embedding{.name = "e", .vocab = kVocab, .dim = dim}},
       {Attention{.name = "a", .dim = dim, .heads = heads, .kv_heads = kv, .head_dim = head}}}};
  const std::vector<Weight> weights = random_weights(network);
  const auto value = [&](const std::string& name, std::int64_t at) {
    const auto found = std::ranges::find(weights, name, &Weight::name);
    return static_cast<double>(found->values.as<float>()[static_cast<std::size_t>(at)]);
  };
  const auto mapped = [&](const std::string& role, std::int64_t t, std::int64_t row) {
    double sum = value("a." + role + "_bias", row);
    for (std::int64_t i = 0; i < dim; ++i) {
      sum +=
          value("a." + role, row * dim + i) *
          value("e.tokens", static_cast<std::int64_t>(kIds[static_cast<std::size_t>(t)]) * dim + i);
    }
    return sum;
  };
  std::vector<double> expected;
  for (std::int64_t t = 0; t < time; ++t) {
    std::vector<double> seen(static_cast<std::size_t>(heads * head));
    for (std::int64_t h = 0; h < heads; ++h) {
      std::vector<double> p;
      double total = 0;
      for (std::int64_t s = 0; s <= t; ++s) {
        double score = 0;
        for (std::int64_t i = 0; i < head; ++i) {
          score += mapped("query", t, h * head + i) * mapped("key", s, h / 2 * head + i);
        }
        p.push_back(std::exp(score / std::sqrt(static_cast<double>(head))));
        total += p.back();
      }
      for (std::int64_t i = 0; i < head; ++i) {
        for (std::int64_t s = 0; s <= t; ++s) {
          seen[static_cast<std::size_t>(h * head + i)] +=
              p[static_cast<std::size_t>(s)] / total * mapped("value", s, h / 2 * head + i);
        }
      }
    }
    for (std::int64_t d = 0; d < dim; ++d) {
      double sum = value("a.output_bias", d);
      for (std::size_t i = 0; i < seen.size(); ++i) {
        sum += value("a.output", d * heads * head + static_cast<std::int64_t>(i)) * seen[i];
      }
      expected.push_back(sum);
    }
  }
  ThreadPool pool(2);
  const Engine engine(network, weights, pool);
  std::vector<float> out(expected.size());
  Sequence(engine).feed(std::span(kIds).first(static_cast<std::size_t>(time)), out);
  for (std::size_t i = 0; i < out.size(); ++i)
    CHECK(out[i] == doctest::Approx(expected[i]).epsilon(1e-4));
}

TEST_CASE("the last token alone is the last one where no tokens meet, too") {
  ThreadPool pool(1);
  const Network network{{{InputBlock{.shape = {}, .tokens = 12}},
                         {Embedding{.name = "e", .vocab = kVocab, .dim = 4, .positions = 12}},
                         {Linear{.name = "head", .in = 4, .out = kVocab}}}};
  const Engine engine(network, random_weights(network), pool);
  const std::vector<float> all = outputs(engine, kIds);
  std::vector<float> last(kVocab);
  Sequence(engine).feed(kIds, last);
  CHECK(distance(last, std::span(all).last(kVocab)) == 0);
}

TEST_CASE("a sequence large enough for all threads has the same bits on one") {
  ThreadPool one(1), three(3);
  const Network network = build_language_model(
      {.family = Family::llama, .layers = 1, .heads = 8, .dim = 256, .context = 80, .kv_heads = 2},
      2100);
  std::vector<Weight> weights = random_weights(network);
  std::vector<TokenId> ids;
  for (TokenId i = 0; i < 70; ++i) ids.push_back(i * 31 % 2100);
  for (const bool rounded : {false, true}) {
    for (Weight& weight : weights) {
      if (rounded && weight.values.shape.size() == 2) weight = quantize_channel(weight);
    }
    const Engine alone(network, weights, one), shared(network, weights, three);
    std::vector<float> a(ids.size() * 2100), b(a.size()), last(2100);
    Sequence first(alone), second(shared);
    first.feed(ids, a);
    second.feed(ids, b);
    CHECK(a == b);
    // One token: columns are shared out instead of rows.
    second.truncate(69);
    second.feed(std::span(ids).last(1), last);
    CHECK(std::ranges::equal(last, std::span(a).last(2100)));
  }
}

TEST_CASE("int8 maps stay close to fp32, the tied embedding among them") {
  ThreadPool pool(1);
  const Network network = network_of(Family::gpt);
  std::vector<Weight> weights = random_weights(network);
  const std::vector<float> plain = outputs(Engine(network, weights, pool), kIds);
  for (Weight& weight : weights) {
    if (weight.values.shape.size() == 2 && weight.name != "embed.positions") {
      weight = quantize_channel(weight);
    }
  }
  const std::vector<float> rounded = outputs(Engine(network, weights, pool), kIds);
  CHECK(distance(plain, rounded) < 0.5);
  CHECK(distance(plain, rounded) > 0);
}

TEST_CASE("tokens outside the vocabulary, too many of them and none are refused") {
  ThreadPool pool(1);
  const Network network = network_of(Family::gpt);
  Engine engine(network, random_weights(network), pool);
  std::vector<float> out(kVocab);
  Sequence sequence(engine);
  CHECK_THROWS_AS(sequence.feed(std::vector<TokenId>{kVocab}, out), Error);
  CHECK_THROWS_AS(sequence.feed(std::vector<TokenId>(13, 1), out), Error);
  CHECK_THROWS_AS(sequence.feed({}, out), Error);
  CHECK(sequence.length() == 0);
  std::vector<float> row(12, -1), y(12 * kVocab);
  CHECK_THROWS_AS(engine.run(row, y, 1), Error);
  for (const std::vector<float>& bad : {std::vector<float>{1.5F}, {1, NAN, 2}, {1, -1, 2}}) {
    std::ranges::fill(row, -1.0F);
    std::ranges::copy(bad, row.begin());
    CHECK_THROWS_AS(engine.run(row, y, 1), Error);
  }
  row[0] = 1e30F;
  CHECK_THROWS_AS(engine.run(row, y, 1), Error);
  CHECK_THROWS_AS(Sequence(Engine(build({}, {4}, 2), {}, pool)), Error);
}

}  // namespace
}  // namespace mx
