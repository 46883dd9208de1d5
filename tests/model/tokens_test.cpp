// SPDX-License-Identifier: Apache-2.0
// Networks on tokens in LibTorch's executor.
#include <doctest/doctest.h>
#include <torch/torch.h>

#include <cmath>

#include "engine/sequence.h"
#include "model/executor.h"
#include "model/initialize.h"
#include "model/runtime.h"
#include "model/toy.h"
#include "net/families.h"

namespace mx {
namespace {

// Weights large enough for attention to matter.
std::vector<Weight> lively_weights(const Network& network) {
  std::vector<Weight> weights = initialize(network, 5);
  Random random(3);
  for (Weight& weight : weights) {
    for (float& value : weight.values.as<float>()) {
      value += static_cast<float>(0.3 * random.normal());
    }
  }
  return weights;
}

at::Tensor ids(std::vector<std::int64_t> values, std::int64_t rows) {
  return at::tensor(values, at::kLong).view({rows, -1});
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

constexpr Family kFamilies[] = {Family::gpt, Family::llama, Family::bert};

TEST_CASE("padding behind a row changes nothing in front of it") {
  prepare_torch(1);
  const at::NoGradGuard no_gradients;
  const at::Tensor plain = ids({3, 1, 4, 1, 5}, 1);
  const at::Tensor padded = ids({3, 1, 4, 1, 5, -1, -1, 2, 7, 1, 8, 2, 8, 1}, 2);
  for (const Family family : kFamilies) {
    CAPTURE(name_of(family));
    const Network network = language_model(family);
    const Executor executor(network, lively_weights(network), false);
    const at::Tensor all = executor.forward(padded, {});
    CHECK(all.sizes() == at::IntArrayRef({2, 7, kVocab}));
    CHECK(all.isfinite().all().item<bool>());
    CHECK(distance(all[0].narrow(0, 0, 5), executor.forward(plain, {})[0]) < 1e-5);
    // Floats hold ids as well.
    CHECK(at::equal(executor.forward(padded.to(at::kFloat), {}), all));

    const Network classifier = with_pooled_head(network, 3);
    const Executor pooled(classifier, lively_weights(classifier), false);
    const at::Tensor scores = pooled.forward(padded, {});
    CHECK(scores.sizes() == at::IntArrayRef({2, 3}));
    CHECK(distance(scores[0], pooled.forward(plain, {})[0]) < 1e-5);
  }
}

TEST_CASE("a causal token sees what stands before it and no more, bert's sees all") {
  prepare_torch(1);
  const at::NoGradGuard no_gradients;
  for (const Family family : kFamilies) {
    CAPTURE(name_of(family));
    const Network network = language_model(family);
    const Executor executor(network, lively_weights(network), false);
    const at::Tensor a = executor.forward(ids({3, 1, 4, 1, 5, 9}, 1), {})[0];
    const at::Tensor b = executor.forward(ids({3, 1, 4, 1, 2, 9}, 1), {})[0];
    const double before = distance(a.narrow(0, 0, 4), b.narrow(0, 0, 4));
    CHECK((family == Family::bert ? before > 1e-3 : before < 1e-6));
    CHECK(distance(a[5], b[5]) > 1e-3);
  }
}

TEST_CASE("attention stays within a document where documents are given") {
  prepare_torch(1);
  const at::NoGradGuard no_gradients;
  const at::Tensor documents = ids({0, 0, 0, 1, 1, 1}, 1);
  for (const Family family : kFamilies) {
    CAPTURE(name_of(family));
    const Network network = language_model(family);
    const Executor executor(network, lively_weights(network), false);
    const auto behind = [&](const at::Tensor& row, const at::Tensor& with) {
      return executor.forward(row, {.documents = with})[0].narrow(0, 3, 3);
    };
    const at::Tensor one = ids({3, 1, 4, 1, 5, 9}, 1);
    const at::Tensor two = ids({2, 7, 1, 1, 5, 9}, 1);
    CHECK(distance(behind(one, documents), behind(two, documents)) < 1e-6);
    CHECK(distance(behind(one, {}), behind(two, {})) > 1e-3);
    // Rotary positions are relative, so there the document could as well stand by itself.
    if (family == Family::llama) {
      const at::Tensor alone = executor.forward(ids({1, 5, 9}, 1), {})[0];
      CHECK(distance(behind(one, documents), alone) < 1e-5);
    }
  }
}

// One layer of attention in loops, from its definition.
std::vector<double> attention(const Attention& sizes, const std::vector<Weight>& weights,
                              const at::Tensor& x) {
  const std::int64_t time = x.size(0);
  const std::int64_t half = sizes.head_dim / 2;
  const auto apply = [&](const std::vector<double>& in, std::int64_t width, const Weight& weight) {
    const std::int64_t wide = weight.values.shape[0];
    std::vector<double> out(static_cast<std::size_t>(time * wide));
    for (std::int64_t t = 0; t < time; ++t) {
      for (std::int64_t o = 0; o < wide; ++o) {
        for (std::int64_t i = 0; i < width; ++i) {
          out[static_cast<std::size_t>(t * wide + o)] +=
              in[static_cast<std::size_t>(t * width + i)] *
              static_cast<double>(
                  weight.values.as<float>()[static_cast<std::size_t>(o * width + i)]);
        }
      }
    }
    return out;
  };
  const auto turn = [&](std::vector<double>& of, std::int64_t heads) {
    for (std::int64_t t = 0; t < time; ++t) {
      for (std::int64_t i = 0; i < heads * half; ++i) {
        double& a = of[static_cast<std::size_t>((t * heads + i / half) * 2 * half + i % half)];
        double& b = *(&a + half);
        const bool still = !sizes.rope_factors.empty() &&
                           sizes.rope_factors[static_cast<std::size_t>(i % half)] == 0;
        if (still) continue;
        double angle =
            static_cast<double>(t) *
            std::pow(sizes.rope, -static_cast<double>(i % half) / static_cast<double>(half));
        if (!sizes.rope_factors.empty()) {
          angle /= sizes.rope_factors[static_cast<std::size_t>(i % half)];
        }
        const double first = a * std::cos(angle) - b * std::sin(angle);
        b = sizes.rope_scale * (b * std::cos(angle) + a * std::sin(angle));
        a = sizes.rope_scale * first;
      }
    }
  };
  const auto normalize = [&](std::vector<double>& of, const Weight& weight) {
    const auto size = static_cast<std::size_t>(sizes.head_dim);
    for (std::size_t begin = 0; begin < of.size(); begin += size) {
      double squares = 0;
      for (std::size_t i = 0; i < size; ++i) squares += of[begin + i] * of[begin + i];
      const double root = std::sqrt(squares / static_cast<double>(size) + sizes.norm_eps);
      for (std::size_t i = 0; i < size; ++i) {
        of[begin + i] *= static_cast<double>(weight.values.as<float>()[i]) / root;
      }
    }
  };
  std::vector<double> in(static_cast<std::size_t>(x.numel()));
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<double>(x.data_ptr<float>()[i]);
  std::vector<double> query = apply(in, sizes.dim, weights[0]);
  std::vector<double> key = apply(in, sizes.dim, weights[1]);
  const std::vector<double> value = apply(in, sizes.dim, weights[2]);
  if (sizes.norm_eps > 0) {
    normalize(query, weights[4]);
    normalize(key, weights[5]);
  }
  turn(query, sizes.heads);
  turn(key, sizes.kv_heads);
  std::vector<double> seen(query.size());
  for (std::int64_t t = 0; t < time; ++t) {
    for (std::int64_t h = 0; h < sizes.heads; ++h) {
      const std::int64_t shared = h / (sizes.heads / sizes.kv_heads);
      const auto at = [&](std::int64_t token, std::int64_t heads, std::int64_t head,
                          std::int64_t i) {
        return static_cast<std::size_t>((token * heads + head) * sizes.head_dim + i);
      };
      double sum = 0;
      std::vector<double> weight;
      for (std::int64_t s = 0; s <= t; ++s) {
        double score = 0;
        for (std::int64_t i = 0; i < sizes.head_dim; ++i) {
          score += query[at(t, sizes.heads, h, i)] * key[at(s, sizes.kv_heads, shared, i)];
        }
        weight.push_back(std::exp(score / std::sqrt(static_cast<double>(sizes.head_dim))));
        sum += weight.back();
      }
      for (std::int64_t s = 0; s <= t; ++s) {
        for (std::int64_t i = 0; i < sizes.head_dim; ++i) {
          seen[at(t, sizes.heads, h, i)] +=
              weight[static_cast<std::size_t>(s)] / sum * value[at(s, sizes.kv_heads, shared, i)];
        }
      }
    }
  }
  return apply(seen, sizes.heads * sizes.head_dim, weights[3]);
}

TEST_CASE("attention with grouped queries and rotary positions is what its definition says") {
  prepare_torch(1);
  Attention sizes{.name = "a",
                  .dim = 6,
                  .heads = 4,
                  .kv_heads = 2,
                  .head_dim = 4,
                  .bias = false,
                  .output_bias = false,
                  .rope = 100};
  SUBCASE("plain") {}
  SUBCASE("stretched positions") {
    sizes.rope_factors = {1.5, 7};
    sizes.rope_scale = 1.25;
  }
  SUBCASE("heads that turn in part") {
    sizes.rope_factors = {1.5, 0};
    sizes.rope_scale = 1.25;
  }
  SUBCASE("normalized heads") { sizes.norm_eps = 1e-3; }
  const Network network{
      {{InputBlock{{}, 5}}, {Embedding{.name = "e", .vocab = kVocab, .dim = 6}}, {sizes}}};
  const std::vector<Weight> weights = lively_weights(network);
  const at::NoGradGuard no_gradients;
  const at::Tensor row = ids({3, 1, 4, 1, 5}, 1);
  const at::Tensor y = Executor(network, weights, false).forward(row, {});
  at::Tensor x = at::empty({5, 6});
  for (std::int64_t i = 0; i < 30; ++i) {
    const std::int64_t token = row[0][i / 6].item<std::int64_t>();
    x.data_ptr<float>()[i] =
        weights[0].values.as<float>()[static_cast<std::size_t>(token * 6 + i % 6)];
  }
  const std::vector<double> wanted = attention(sizes, {weights.begin() + 1, weights.end()}, x);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    CHECK(static_cast<double>(y.data_ptr<float>()[i]) == doctest::Approx(wanted[i]).epsilon(1e-4));
  }
  ThreadPool pool(1);
  std::vector<float> native(wanted.size());
  Sequence(Engine(network, weights, pool)).feed({{3, 1, 4, 1, 5}}, native);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    CHECK(static_cast<double>(native[i]) == doctest::Approx(wanted[i]).epsilon(1e-4));
  }
}

TEST_CASE("dropout of attention and behind blocks drops while training only") {
  prepare_torch(1);
  const at::Tensor row = ids({3, 1, 4, 1, 5, 9}, 1);
  for (const Family family : kFamilies) {
    CAPTURE(name_of(family));
    const auto trained = [&](double rate, std::uint64_t seed) {
      const Network network = language_model(family, rate);
      const Executor executor(network, lively_weights(network), false);
      Random random(seed);
      const at::NoGradGuard no_gradients;
      return executor.forward(row, {.training = true, .random = &random});
    };
    const Network network = language_model(family, 0.3);
    const at::NoGradGuard no_gradients;
    const at::Tensor plain = Executor(network, lively_weights(network), false).forward(row, {});
    // So rarely that it does not happen: what is left is the formula.
    CHECK(distance(trained(1e-9, 1), plain) < 1e-4);
    CHECK(distance(trained(0.3, 1), plain) > 1e-2);
    CHECK(distance(trained(0.3, 1), trained(0.3, 2)) > 1e-2);
    CHECK(at::equal(trained(0.3, 1), trained(0.3, 1)));
  }
}

TEST_CASE("what is computed again for the gradient is the same, dropout and documents included") {
  prepare_torch(1);
  for (const Family family : kFamilies) {
    CAPTURE(name_of(family));
    Network network = language_model(family);
    const at::Tensor row = ids({3, 1, 4, 1, 5, 9, -1, 2}, 2);
    const at::Tensor documents = at::tensor({0, 0, 1, 1, 0, 0, 0, 0}, at::kLong).view({2, 4});
    const auto gradients = [&](bool recompute, double rate) {
      for (Block& block : network.blocks) {
        if (auto* const residual = std::get_if<Residual>(&block.any)) {
          for (Block& inner : residual->blocks) {
            if (auto* const attention = std::get_if<Attention>(&inner.any)) {
              attention->dropout = rate;
            }
          }
        }
      }
      Executor executor(network, lively_weights(network), true);
      Random random(5);
      const at::Tensor y = executor.forward(
          row,
          {.training = true, .random = &random, .documents = documents, .recompute = recompute});
      y.narrow(1, 0, 2).square().sum().backward();
      return std::pair(y.detach(), executor.gradient());
    };
    for (const double rate : {0.0, 0.3}) {
      const auto [y, gradient] = gradients(false, rate);
      const auto [again, same] = gradients(true, rate);
      CHECK(gradient.abs().max().item<double>() > 1e-3);
      CHECK(at::equal(y, again));
      CHECK(at::equal(gradient, same));
    }
  }
}

TEST_CASE("outputs that are wanted for some tokens are those of these tokens") {
  prepare_torch(1);
  for (const Family family : kFamilies) {
    CAPTURE(name_of(family));
    const Network network = language_model(family);
    Executor executor(network, lively_weights(network), true);
    const at::Tensor row = ids({3, 1, 4, 1, 5, 9, -1, 2}, 2);
    const at::Tensor numbers = at::tensor({0, 2, 5}, at::kLong);
    const at::Tensor all = executor.forward(row, {}).flatten(0, 1).index_select(0, numbers);
    const at::Tensor some = executor.forward(row, {.wanted = numbers});
    CHECK(some.sizes() == at::IntArrayRef({1, 3, all.size(1)}));
    CHECK(distance(some[0], all) < 1e-5);
    executor.gradient().zero_();
    all.square().sum().backward();
    const at::Tensor wanted = executor.gradient().clone();
    executor.gradient().zero_();
    some.square().sum().backward();
    CHECK(distance(executor.gradient(), wanted) < 1e-4 * (1 + wanted.abs().max().item<double>()));
  }
}

TEST_CASE("in bf16 outputs and gradients are nearly the same, and the weights stay fp32") {
  prepare_torch(1);
  for (const Family family : kFamilies) {
    CAPTURE(name_of(family));
    const Network network = language_model(family);
    const at::Tensor row = ids({3, 1, 4, 1, 5, 9, 2, 6}, 2);
    const auto run = [&](bool bf16, bool recompute) {
      Executor executor(network, lively_weights(network), true);
      const at::Tensor y =
          executor.forward(row, {.training = true, .bf16 = bf16, .recompute = recompute});
      CHECK(y.dtype() == at::kFloat);
      y.square().mean().backward();
      return std::pair(y.detach(), executor.gradient());
    };
    const auto [y, gradient] = run(false, false);
    const auto [rough, rough_gradient] = run(true, false);
    const auto away = [](const at::Tensor& a, const at::Tensor& b) {
      return ((a - b).norm() / b.norm()).item<double>();
    };
    CHECK(away(rough, y) < 0.03);
    CHECK(away(rough, y) > 1e-6);  // it was bf16
    CHECK(away(rough_gradient, gradient) < 0.06);
    CHECK(at::equal(run(true, true).second, rough_gradient));
  }
}

TEST_CASE("every map that may be pruned is tapped with what came in and what it gave") {
  prepare_torch(1);
  for (const Family family : kFamilies) {
    CAPTURE(name_of(family));
    const Network network = language_model(family);
    Executor executor(network, lively_weights(network), true);
    std::vector<Tap> taps;
    const at::Tensor y = executor.forward(ids({3, 1, 4, 1, 5, 9, -1, 2}, 2), {.taps = &taps});
    std::vector<std::string> wanted;
    for (const TensorSpec& spec : tensors(network)) {
      if (spec.prunable) wanted.push_back(spec.name);
    }
    REQUIRE(taps.size() == wanted.size());
    std::vector<at::Tensor> outputs;
    for (const Tap& tap : taps) {
      CHECK(std::ranges::count(wanted, tap.weight) == 1);
      outputs.push_back(tap.output);
    }
    const at::Tensor loss = y.narrow(1, 0, 2).square().sum();
    const std::vector<at::Tensor> gradients =
        torch::autograd::grad({loss}, outputs, {}, /*retain_graph=*/true);
    executor.gradient().zero_();
    loss.backward();
    for (std::size_t i = 0; i < taps.size(); ++i) {
      const auto place = std::ranges::find_if(
          executor.places(), [&](const auto& one) { return one.spec.name == taps[i].weight; });
      const at::Tensor product =
          at::mm(gradients[i].flatten(0, 1).t(), taps[i].input.flatten(0, 1));
      const at::Tensor whole =
          executor.gradient().narrow(0, place->begin, place->count).view(place->spec.shape);
      CAPTURE(taps[i].weight);
      CHECK(distance(product, whole) < 1e-4 * (1 + whole.abs().max().item<double>()));
    }
  }
}

TEST_CASE("matrices lie in front of vectors, and come out in the network's order") {
  const Network network = language_model(Family::gpt);
  const std::vector<Weight> weights = initialize(network, 1);
  Executor executor(network, weights, true);
  std::size_t i = 0;
  for (const Executor::Place& place : executor.places()) {
    const bool matrix = place.spec.shape.size() > 1;
    CHECK(place.spec.name == weights[i++].name);
    CHECK((place.begin + place.count <= executor.matrices()) == matrix);
    CHECK((place.begin >= executor.matrices()) == !matrix);
  }
}

TEST_CASE("networks on tokens start normal, maps into the residual stream smaller") {
  const Network network = build_language_model(
      {.family = Family::gpt, .layers = 2, .heads = 2, .dim = 64, .context = 32}, 100);
  const auto deviation = [](const Weight& weight) {
    double sum = 0;
    for (const float value : weight.values.as<float>()) {
      sum += static_cast<double>(value) * static_cast<double>(value);
    }
    return std::sqrt(sum / static_cast<double>(weight.values.as<float>().size()));
  };
  for (const Weight& weight : initialize(network, 3)) {
    CAPTURE(weight.name);
    const bool writes = weight.name.ends_with("attn.output") || weight.name.ends_with("ff.down");
    if (weight.values.shape.size() == 2) {
      CHECK(deviation(weight) == doctest::Approx(writes ? 0.01 : 0.02).epsilon(0.05));
    } else {
      CHECK(deviation(weight) == (weight.name.ends_with(".weight") ? 1 : 0));
    }
  }
}

}  // namespace
}  // namespace mx
