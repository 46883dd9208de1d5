// SPDX-License-Identifier: Apache-2.0
#include "learn/match.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include <array>
#include <cmath>

#include "base/error.h"
#include "learn/toy.h"
#include "model/initialize.h"
#include "net/families.h"

namespace mx {
namespace {

Network transformer(Family family, std::int64_t layers, std::int64_t dim, std::int64_t heads,
                    std::int64_t kv_heads) {
  return build_language_model({.family = family,
                               .layers = layers,
                               .heads = heads,
                               .dim = dim,
                               .context = 8,
                               .kv_heads = kv_heads},
                              11);
}

// Weights large enough for attention to matter.
std::vector<Weight> lively(const Network& network, std::uint64_t seed) {
  std::vector<Weight> weights = initialize(network, seed);
  Random random(seed);
  for (Weight& weight : weights) {
    for (float& value : weight.values.as<float>()) {
      value += static_cast<float>(0.3 * random.normal());
    }
  }
  return weights;
}

struct Ran {
  Executor executor;
  std::vector<LayerState> layers;
  at::Tensor out;
  Ran(const Network& network, std::uint64_t seed, const at::Tensor& x, bool trains = false)
      : executor(network, lively(network, seed), trains) {
    out = executor.forward(x, {.layers = &layers});
  }
};

at::Tensor ids(std::vector<std::int64_t> values, std::int64_t rows) {
  return at::tensor(values, at::kLong).view({rows, -1});
}

const at::Tensor& text() {
  static const at::Tensor kText = ids({3, 1, 4, 1, 5, 9, 2, 6, 5, 3}, 2);
  return kText;
}

double match(const std::string& what, const Network& student, const Ran& a, const Network& teacher,
             const Ran& b, const at::Tensor& real, const std::string& map = "") {
  const Matcher matcher({.match = what, .layer_map = map}, {}, student, teacher, 1);
  return matcher.loss(a.layers, b.layers, real).item<double>();
}

constexpr std::array kKinds = {"hidden", "attention", "values"};

TEST_CASE("looking at layers changes no output, and a layer's state is what it gives") {
  const Network network = transformer(Family::llama, 2, 16, 4, 2);
  const Ran ran(network, 5, text());
  CHECK(at::equal(ran.out, ran.executor.forward(text(), {})));
  REQUIRE(ran.layers.size() == 2);
  CHECK(ran.layers[1].hidden.sizes() == at::IntArrayRef({2, 5, 16}));
  CHECK(ran.layers[1].query.sizes() == at::IntArrayRef({2, 4, 5, 4}));
  CHECK(ran.layers[1].value.sizes() == at::IntArrayRef({2, 2, 5, 4}));
  // What stands behind the last layer makes the outputs of its state.
  Network rest = network;
  rest.blocks.erase(rest.blocks.begin() + 1, rest.blocks.end() - 2);
  rest.blocks.front() = {InputBlock{{16}}};
  std::vector<Weight> weights;
  for (const Weight& weight : ran.executor.weights()) {
    if (weight.name.starts_with("norm.") || weight.name.starts_with("head.")) {
      weights.push_back(weight);
    }
  }
  const Executor behind(rest, weights, false);
  const at::Tensor again = behind.forward(ran.layers[1].hidden.flatten(0, 1), {});
  CHECK(at::allclose(again, ran.out.flatten(0, 1), 1e-4, 1e-5));
}

TEST_CASE("a network matches itself and no other") {
  for (const Family family : {Family::gpt, Family::llama, Family::bert}) {
    const Network network = transformer(family, 2, 16, 4, family == Family::llama ? 2 : 4);
    const Ran a(network, 5, text()), b(network, 6, text());
    for (const char* const kind : kKinds) {
      CAPTURE(kind);
      const at::Tensor real = text().ge(0);
      CHECK(std::abs(match(kind, network, a, network, a, real)) < 1e-6);
      CHECK(match(kind, network, a, network, b, real) > 1e-3);
    }
  }
}

// Of one row, head and token: where it looks.
std::vector<double> looks(const at::Tensor& from, const at::Tensor& to, std::int64_t time) {
  std::vector<double> out;
  double all = 0;
  for (std::int64_t other = 0; other <= time; ++other) {
    const double score = at::dot(from[time], to[other]).item<double>();
    out.push_back(std::exp(score / std::sqrt(static_cast<double>(from.size(1)))));
    all += out.back();
  }
  for (double& one : out) one /= all;
  return out;
}

TEST_CASE("attention and values are the published divergences, token by token") {
  const Network student = transformer(Family::llama, 1, 16, 4, 2);
  const Network teacher = transformer(Family::llama, 2, 32, 4, 2);
  const Ran a(student, 5, text()), b(teacher, 6, text());
  const LayerState &own = a.layers[0], &other = b.layers[1];
  double attention = 0;
  double values = 0;
  const auto kl = [](const std::vector<double>& p, const std::vector<double>& q) {
    double out = 0;
    for (std::size_t i = 0; i < p.size(); ++i) out += p[i] * std::log(p[i] / q[i]);
    return out;
  };
  for (std::int64_t row = 0; row < 2; ++row) {
    for (std::int64_t time = 0; time < 5; ++time) {
      for (std::int64_t head = 0; head < 4; ++head) {
        attention += kl(looks(other.query[row][head], other.key[row][head / 2], time),
                        looks(own.query[row][head], own.key[row][head / 2], time));
      }
      for (std::int64_t head = 0; head < 2; ++head) {
        values += kl(looks(other.value[row][head], other.value[row][head], time),
                     looks(own.value[row][head], own.value[row][head], time));
      }
    }
  }
  const at::Tensor real = text().ge(0);
  CHECK(match("attention", student, a, teacher, b, real) ==
        doctest::Approx(attention / 40).epsilon(1e-4));
  CHECK(match("values", student, a, teacher, b, real) ==
        doctest::Approx(values / 20).epsilon(1e-4));
}

TEST_CASE("other widths, heads and depths are matched too, and padding says nothing") {
  const Network student = transformer(Family::bert, 2, 16, 2, 2);
  const Network teacher = transformer(Family::bert, 4, 32, 4, 4);
  const at::Tensor padded = ids({3, 1, 4, 1, 5, -1, -1, 9, 2, 6, 5, 3, -1, -1}, 2);
  const Ran a(student, 5, text()), b(teacher, 6, text());
  const Ran c(student, 5, padded), d(teacher, 6, padded);
  for (const char* const kind : kKinds) {
    CAPTURE(kind);
    const double plain = match(kind, student, a, teacher, b, text().ge(0));
    CHECK(plain > 1e-3);
    CHECK(match(kind, student, c, teacher, d, padded.ge(0)) ==
          doctest::Approx(plain).epsilon(1e-4));
  }
  // Evenly: layers 0 and 1 of the student to 1 and 3 of the teacher.
  const at::Tensor real = text().ge(0);
  CHECK(match("hidden", student, a, teacher, b, real) ==
        match("hidden", student, a, teacher, b, real, "0:1,1:3"));
}

TEST_CASE("projections learn: a narrow layer comes close to a wide one") {
  const Network student = ring_network(4), teacher = ring_network(9);
  const at::Tensor x = at::randn({32, 2});
  const Ran a(student, 5, x), b(teacher, 6, x);
  Matcher matcher({.match = "hidden"}, {}, student, teacher, 1);
  const auto loss = [&] { return matcher.loss(a.layers, b.layers, {}); };
  const double before = loss().item<double>();
  for (std::uint64_t step = 0; step < 200; ++step) {
    matcher.zero_gradient();
    loss().backward();
    const at::NoGradGuard no_gradients;
    matcher.step(0.05, step);
  }
  CHECK(loss().item<double>() < 0.3 * before);
  CHECK(matcher.state().size() == 3);
}

TEST_CASE("channels are projected where images have the same places, else all numbers") {
  const auto images = [](std::int64_t channels, std::int64_t hidden) {
    return build({.family = Family::cnn, .hidden = {hidden}, .channels = {channels}}, {1, 8, 8}, 3);
  };
  const Network student = images(2, 5), teacher = images(6, 5);
  const at::Tensor x = at::randn({4, 64});
  const Ran a(student, 5, x), b(teacher, 6, x);
  const Matcher matcher({.match = "hidden"}, {}, student, teacher, 1);
  CHECK(matcher.state().front().buffer.numel() == 6 * 2);
  CHECK(matcher.loss(a.layers, b.layers, {}).item<double>() > 0);
  const Network flat = build({.hidden = {7, 5}}, {1, 8, 8}, 3);
  const Ran c(flat, 5, x);
  const Matcher across({.match = "hidden", .layer_map = "0:0"}, {}, flat, teacher, 1);
  CHECK(across.state().front().buffer.numel() == 6 * 16 * 7);
  CHECK(across.loss(c.layers, b.layers, {}).item<double>() > 0);
}

TEST_CASE("what cannot be matched is refused by name") {
  const Network rows = ring_network(4), tokens = transformer(Family::gpt, 2, 16, 4, 4);
  const Network none = {{{InputBlock{{2}}}, {Linear{.name = "head", .in = 2, .out = 3}}}};
  const auto says = [](const DistillOptions& options, const TrainOptions& training,
                       const Network& student, const Network& teacher, const char* what) {
    try {
      const Matcher matcher(options, training, student, teacher, 1);
      FAIL("was taken");
    } catch (const Error& error) {
      CHECK(error.kind() == Kind::usage);
      CHECK(std::string(error.what()).find(what) != std::string::npos);
    }
  };
  says({.match = "attention"}, {}, rows, rows, "no attention");
  says({.match = "hidden"}, {}, none, rows, "the student has no inner layers");
  says({.match = "hidden", .layer_map = "0:4"}, {}, tokens, tokens, "2 layers");
  says({.match = "hidden", .layer_map = "0-1"}, {}, tokens, tokens, "'0-1'");
  TrainOptions recomputes;
  recomputes.activation_checkpointing = true;
  says({.match = "values"}, recomputes, tokens, tokens, "--activation-checkpointing");
  says({.match = "hiden"}, {}, tokens, tokens, "'hiden'");
  says({.match = "hidden", .match_weight = "1,2"}, {}, tokens, tokens, "2 numbers");
}

}  // namespace
}  // namespace mx
