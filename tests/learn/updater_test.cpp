// SPDX-License-Identifier: Apache-2.0
// The fused kernels against the papers' formulas, number by number in double.
#include "learn/updater.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include <cmath>
#include <numeric>

namespace mx {
namespace {

constexpr std::size_t kNumbers = 37;
constexpr std::size_t kMatrices = 20;  // of them, in front

struct Plain {
  std::vector<double> w, m, v;

  void step(const TrainOptions& o, std::vector<double> g, double lr, int t) {
    const double norm = std::sqrt(std::inner_product(g.begin(), g.end(), g.begin(), 0.0));
    if (o.clip > 0 && norm > o.clip) {
      for (double& value : g) value *= o.clip / (norm + 1e-6);
    }
    for (std::size_t i = 0; i < w.size(); ++i) {
      const double decay = i < kMatrices ? o.weight_decay : 0;
      if (o.optimizer == Optimizer::adamw) {
        w[i] -= lr * decay * w[i];
      } else {
        g[i] += decay * w[i];
      }
      if (o.optimizer == Optimizer::gd) {
        w[i] -= lr * g[i];
      } else if (o.optimizer == Optimizer::sgd) {
        m[i] = o.momentum * m[i] + g[i];
        w[i] -= lr * m[i];
      } else {
        m[i] = 0.9 * m[i] + 0.1 * g[i];
        v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
        const double corrected = std::sqrt(v[i] / (1 - std::pow(0.999, t)));
        w[i] -= lr * m[i] / (1 - std::pow(0.9, t)) / (corrected + 1e-8);
      }
    }
  }
};

void follows_the_formula(const TrainOptions& options) {
  Plain plain{std::vector<double>(kNumbers), std::vector<double>(kNumbers),
              std::vector<double>(kNumbers)};
  for (std::size_t i = 0; i < kNumbers; ++i) plain.w[i] = std::sin(static_cast<double>(i));
  at::Tensor numbers = at::empty({kNumbers});
  at::Tensor gradient = at::empty({kNumbers});
  for (std::size_t i = 0; i < kNumbers; ++i) {
    numbers.data_ptr<float>()[i] = static_cast<float>(plain.w[i]);
  }
  Updater updater(options, numbers, gradient, kMatrices);
  for (int t = 1; t <= 20; ++t) {
    std::vector<double> g(kNumbers);
    for (std::size_t i = 0; i < kNumbers; ++i) {
      g[i] = std::cos(static_cast<double>(i) * 0.7 + t);
      gradient.data_ptr<float>()[i] = static_cast<float>(g[i]);
    }
    plain.step(options, g, 0.01 * t, t);
    updater.step(0.01 * t, static_cast<std::uint64_t>(t - 1));
  }
  for (std::size_t i = 0; i < kNumbers; ++i) {
    CHECK(numbers.data_ptr<float>()[i] == doctest::Approx(plain.w[i]).epsilon(2e-5));
  }
}

TEST_CASE(
    "each optimizer follows its formula, with momentum, clipping and decay of matrices alone") {
  TrainOptions options;
  for (const Optimizer one : {Optimizer::gd, Optimizer::sgd, Optimizer::adam, Optimizer::adamw}) {
    options.optimizer = one;
    CAPTURE(static_cast<int>(one));
    options.weight_decay = 0;
    options.clip = 0;
    follows_the_formula(options);
    options.weight_decay = 0.1;
    options.clip = 2;
    follows_the_formula(options);
    options.momentum = 0;
    follows_the_formula(options);
    options.momentum = 0.9;
  }
}

}  // namespace
}  // namespace mx
