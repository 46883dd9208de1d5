// SPDX-License-Identifier: Apache-2.0
#include "shrink/sparsify.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "engine/engine.h"
#include "net/families.h"
#include "shrink/layerwise.h"

namespace mx {
namespace {

ThreadPool& pool() {
  static ThreadPool one(1);
  return one;
}

Tensor noise(Shape shape, std::uint64_t seed) {
  Random random(seed);
  Tensor out(DType::f32, std::move(shape));
  for (float& x : out.as<float>()) x = static_cast<float>(random.normal());
  return out;
}

// Of inputs that hang together; the first `dead` of them are always zero.
Moments moments_of(std::size_t inputs, std::size_t rows, std::size_t dead = 0) {
  Random random(5);
  Moments out;
  out.inputs = inputs;
  out.count = rows;
  out.own.resize(inputs * inputs);
  std::vector<double> x(inputs);
  for (std::size_t r = 0; r < rows; ++r) {
    const double common = random.normal();
    for (std::size_t i = 0; i < inputs; ++i) {
      x[i] = i < dead ? 0 : common + random.normal() * (1 + static_cast<double>(i % 7));
    }
    for (std::size_t i = 0; i < inputs; ++i) {
      for (std::size_t j = 0; j < inputs; ++j) {
        out.own[i * inputs + j] += x[i] * x[j] / static_cast<double>(rows);
      }
    }
  }
  return out;
}

std::size_t zeros(std::span<const float> values) {
  return static_cast<std::size_t>(std::ranges::count(values, 0.0F));
}

// The published algorithm as it reads: rows side by side, one column after the other.
std::vector<double> plain_sparsegpt(const Tensor& weight, const Hessian& hessian, double share,
                                    std::size_t n_of, std::size_t m_of) {
  const auto rows = static_cast<std::size_t>(weight.shape[0]);
  const std::size_t n = weight.count() / rows;
  std::vector<double> w(weight.as<float>().begin(), weight.as<float>().end());
  std::vector<bool> gone(w.size());
  const auto score = [&](std::size_t r, std::size_t i) {
    return w[r * n + i] * w[r * n + i] / (hessian.factor(i)[i] * hessian.factor(i)[i]);
  };
  for (std::size_t i = 0; i < n; ++i) {
    if (m_of == 0 && i % 128 == 0) {
      const std::size_t end = std::min(n, i + 128);
      std::vector<double> sorted;
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t k = i; k < end; ++k) sorted.push_back(score(r, k));
      }
      std::ranges::sort(sorted);
      const double limit =
          sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size()))];
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t k = i; k < end; ++k) gone[r * n + k] = score(r, k) <= limit;
      }
    }
    if (m_of != 0 && i % m_of == 0) {
      for (std::size_t r = 0; r < rows; ++r) {
        std::vector<std::pair<double, std::size_t>> sorted;
        for (std::size_t k = i; k < std::min(n, i + m_of); ++k) sorted.emplace_back(score(r, k), k);
        std::ranges::sort(sorted);
        for (std::size_t k = 0; k + n_of < sorted.size(); ++k)
          gone[r * n + sorted[k].second] = true;
      }
    }
    for (std::size_t r = 0; r < rows; ++r) {
      const double value = gone[r * n + i] ? 0 : w[r * n + i];
      const double error = (w[r * n + i] - value) / hessian.factor(i)[i];
      for (std::size_t j = i; j < n; ++j) w[r * n + j] -= error * hessian.factor(i)[j];
      w[r * n + i] = value;
    }
  }
  return w;
}

TEST_CASE("wanda removes of each row what is smallest times its input's norm") {
  Moments moments;
  moments.inputs = 3;
  moments.own = {100, 0, 0, 0, 1, 0, 0, 0, 4};
  const Tensor weight = tensor_of({2, 3}, std::vector<float>{0.1F, 0.9F, -0.6F, 3, 2, 1});
  const Tensor third = wanda(weight, moments, {.share = 1.0 / 3}, pool());
  CHECK(std::ranges::equal(third.as<float>(), std::vector<float>{0.1F, 0, -0.6F, 3, 0, 0 + 1.0F}));
  const Tensor most = wanda(weight, moments, {.share = 2.0 / 3}, pool());
  CHECK(std::ranges::equal(most.as<float>(), std::vector<float>{0, 0, -0.6F, 3, 0, 0}));
  const Tensor group = wanda(weight, moments, {.n = 1, .m = 2}, pool());
  CHECK(std::ranges::equal(group.as<float>(), std::vector<float>{0.1F, 0, -0.6F, 3, 0, 1}));
}

TEST_CASE("SparseGPT makes the choices and numbers of the algorithm as it reads") {
  const std::size_t inputs = 200;  // a block and a part of one
  const Moments moments = moments_of(inputs, 600);
  const Hessian hessian(moments, 0.01, pool(), ColumnOrder::natural);
  const Tensor weight = noise({9, 200}, 3);
  for (const Removal& removal :
       {Removal{.share = 0.5}, {.share = 0.9}, {.n = 2, .m = 4}, {.n = 1, .m = 5}}) {
    const std::vector<double> expected =
        plain_sparsegpt(weight, hessian, removal.share, removal.n, removal.m);
    for (const std::size_t threads : {1UL, 3UL}) {
      ThreadPool pool(threads);
      const Tensor found = sparsegpt(weight, hessian, moments, removal, pool);
      double worst = 0;
      std::size_t differ = 0;
      for (std::size_t i = 0; i < expected.size(); ++i) {
        worst = std::max(worst, std::fabs(expected[i] - found.as<float>()[i]));
        differ += (expected[i] == 0) != (found.as<float>()[i] == 0) ? 1 : 0;
      }
      CHECK(differ == 0);
      CHECK(worst < 1e-3);
    }
  }
}

TEST_CASE("without ties between inputs SparseGPT is magnitude; dead inputs go first") {
  Moments moments;
  moments.inputs = 4;
  moments.own = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0};
  const Hessian hessian(moments, 0.01, pool(), ColumnOrder::natural);
  const Tensor weight = tensor_of({1, 4}, std::vector<float>{3, -1, 2, 9});
  const Tensor half = sparsegpt(weight, hessian, moments, {.share = 0.25}, pool());
  CHECK(std::ranges::equal(half.as<float>(), std::vector<float>{3, 0, 2, 0}));
}

TEST_CASE("refined maps lose much less, and keep exactly as much") {
  const std::size_t inputs = 96;
  const Moments moments = moments_of(inputs, 400);
  const Hessian hessian(moments, 0.01, pool(), ColumnOrder::natural);
  const Tensor weight = noise({32, 96}, 4);
  for (const Removal& removal : {Removal{.share = 0.7}, {.n = 2, .m = 4}}) {
    ThreadPool one(1), three(3);
    const Tensor first = sparsegpt(weight, hessian, moments, removal, one);
    const Tensor second = refine(first, weight, hessian, removal, 30, one);
    CHECK(std::ranges::equal(refine(first, weight, hessian, removal, 30, three).data.bytes(),
                             second.data.bytes()));
    CHECK(share_lost(second, weight, hessian, one) <
          0.92 * share_lost(first, weight, hessian, one));
    const std::size_t gone = zeros(second.as<float>());
    CHECK(gone == (removal.m == 0 ? 2150 : 1536));
    if (removal.m == 0) continue;
    for (std::size_t i = 0; i < weight.count(); i += 4) {
      CHECK(zeros(second.as<float>().subspan(i, 4)) == 2);
    }
  }
}

struct Subject {
  Network network;
  std::vector<Weight> weights;
  CalibrationRows rows;
};

Subject small() {
  Subject out{build({.hidden = {48, 32}}, {40}, 5), {}, {500, 40, {}}};
  std::uint64_t seed = 20;
  for (const TensorSpec& spec : tensors(out.network)) {
    out.weights.push_back({.name = spec.name, .values = noise(spec.shape, ++seed)});
  }
  Random random(9);
  for (std::size_t r = 0; r < 500; ++r) {
    const double common = random.normal();
    for (int i = 0; i < 40; ++i) {
      out.rows.x.push_back(static_cast<float>(common + 0.5 * random.normal()));
    }
  }
  return out;
}

double distance(const Subject& a, const std::vector<Weight>& b) {
  ThreadPool pool(1);
  Engine first(a.network, a.weights, pool), second(a.network, b, pool);
  std::vector<float> x(a.rows.rows * first.output_size()), y(x.size());
  first.run(a.rows.x, x, a.rows.rows);
  second.run(a.rows.x, y, a.rows.rows);
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += std::pow(static_cast<double>(x[i]) - y[i], 2);
  return sum;
}

TEST_CASE("layer by layer: sparsegpt misses less than wanda, refined less than alone") {
  const Subject subject = small();
  const auto run = [&](const LayerwiseOptions& options) {
    ThreadPool pool(2);
    std::vector<Weight> weights = subject.weights;
    const std::vector<PrunedLayer> layers = prune_layers(
        subject.network, weights,
        [](const std::string& name) -> std::optional<Removal> {
          return name.starts_with("head") ? std::nullopt : std::optional(Removal{.share = 0.6});
        },
        options, subject.rows, pool);
    CHECK(layers.size() == 2);
    for (const PrunedLayer& layer : layers)
      CHECK(layer.share == doctest::Approx(0.6).epsilon(0.01));
    CHECK(zeros(find_if(weights.begin(), weights.end(), [](const Weight& w) {
                  return w.name == "head.weight";
                })->values.as<float>()) == 0);
    return distance(subject, weights);
  };
  const double of_wanda = run({.obs = false});
  const double of_obs = run({});
  const double of_refined = run({.refine = 20});
  CHECK(of_obs < 0.5 * of_wanda);
  CHECK(of_refined < 0.7 * of_obs);
}

TEST_CASE("maps that are known are taken as they are, and the rest comes out the same") {
  const Subject subject = small();
  const auto half = [](const std::string&) { return std::optional(Removal{.share = 0.5}); };
  for (const LayerwiseOptions& options : {LayerwiseOptions{.obs = false}, {}, {.refine = 4}}) {
    ThreadPool pool(2);
    std::vector<Weight> whole = subject.weights;
    CHECK(prune_layers(subject.network, whole, half, options, subject.rows, pool).size() == 3);
    std::vector<Weight> resumed = subject.weights;
    std::vector<std::string> stages;
    (void)prune_layers(subject.network, resumed, half, options, subject.rows, pool,
                       {.known = [&](const std::string& name) -> const Tensor* {
                          return name.starts_with("head")
                                     ? nullptr
                                     : &std::ranges::find(whole, name, &Weight::name)->values;
                        },
                        .pruned = [&](const Stage& stage) { stages.push_back(stage.front()); }});
    CHECK(stages == std::vector<std::string>{"0.weight", "1.weight", "head.weight"});
    for (std::size_t i = 0; i < whole.size(); ++i) {
      CHECK(std::ranges::equal(whole[i].values.as<float>(), resumed[i].values.as<float>()));
    }
  }
}

TEST_CASE("shares by outliers lie around the share that was asked for, and are it on average") {
  Subject subject = small();
  for (std::size_t i = 0; i < 16; ++i) subject.weights[4].values.as<float>()[i * 10] *= 40;
  ThreadPool pool(1);
  const auto all = [](const std::string& name) { return name.ends_with(".weight"); };
  const std::map<std::string, double> shares =
      outlier_shares(subject.network, subject.weights, all, 0.5, {}, subject.rows, pool);
  CHECK(shares.size() == 3);
  double sum = 0, numbers = 0, least = 1, most = 0;
  for (const Weight& weight : subject.weights) {
    if (!all(weight.name)) continue;
    const double share = shares.at(weight.name);
    sum += share * static_cast<double>(weight.values.count());
    numbers += static_cast<double>(weight.values.count());
    least = std::min(least, share);
    most = std::max(most, share);
  }
  CHECK(sum / numbers == doctest::Approx(0.5));
  CHECK(most - least == doctest::Approx(0.16));
  CHECK(shares.at("head.weight") == doctest::Approx(least));
}

}  // namespace
}  // namespace mx
