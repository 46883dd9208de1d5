// SPDX-License-Identifier: Apache-2.0
#include "model/linear.h"

#include <ATen/Context.h>
#include <doctest/doctest.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>

namespace mx {
namespace {

struct Maps {
  at::Tensor x, weight, bias;
};

Maps maps(std::int64_t rows, std::int64_t in, std::int64_t out) {
  torch::manual_seed(rows * 7 + in);
  const auto graded = at::TensorOptions(at::kFloat).requires_grad(true);
  return {torch::randn({rows, in}, graded), torch::randn({out, in}, graded),
          torch::randn({out}, graded)};
}

// What comes out, and the gradients of x, weight and bias.
std::vector<at::Tensor> all_of(const Maps& maps, const at::Tensor& y) {
  const at::Tensor dy = at::arange(y.numel()).remainder(13).sub(6).to(at::kFloat).view(y.sizes());
  std::vector<at::Tensor> out = torch::autograd::grad({y}, {maps.x, maps.weight, maps.bias}, {dy});
  out.push_back(y.detach());
  return out;
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).norm() / b.norm()).item<double>();
}

TEST_CASE("the engine's linear map agrees with LibTorch's, forward and back, at every remainder") {
  struct Sizes {
    std::int64_t rows, in, out;
  };
  for (const Sizes& sizes : {Sizes{1, 1, 1}, Sizes{5, 3, 2}, Sizes{13, 33, 65}, Sizes{48, 64, 128},
                             Sizes{200, 700, 300}, Sizes{1100, 40, 520}, Sizes{7, 1030, 31}}) {
    CAPTURE(sizes.rows);
    CAPTURE(sizes.in);
    CAPTURE(sizes.out);
    const Maps all = maps(sizes.rows, sizes.in, sizes.out);
    const auto wanted = all_of(all, at::linear(all.x, all.weight, all.bias));
    std::vector<std::vector<at::Tensor>> ours;
    const int before = at::get_num_threads();
    for (const int threads : {1, 2, 3}) {
      at::set_num_threads(threads);
      ours.push_back(all_of(all, engine_linear(all.x, all.weight, all.bias)));
    }
    at::set_num_threads(before);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      CHECK(distance(ours[0][i], wanted[i]) < 2e-6);
      // How the work is shared out changes no bit.
      CHECK(at::equal(ours[0][i], ours[1][i]));
      CHECK(at::equal(ours[0][i], ours[2][i]));
    }
  }
}

TEST_CASE("rows may lie in several dimensions, and a bias may be missing") {
  const Maps all = maps(12, 16, 8);
  const at::Tensor x = all.x.view({3, 4, 16});
  const at::Tensor y = engine_linear(x, all.weight, {});
  CHECK(y.sizes() == at::IntArrayRef({3, 4, 8}));
  CHECK(distance(y, at::linear(x, all.weight)) < 2e-6);
  const at::Tensor turned = all.x.detach().t().contiguous().t();
  const at::NoGradGuard no_gradients;
  CHECK(distance(engine_linear(turned, all.weight, all.bias),
                 at::linear(turned, all.weight, all.bias)) < 2e-6);
}

TEST_CASE("the gradient of a weight that has one already is added to it in place") {
  Maps all = maps(30, 20, 10);
  all.weight.mutable_grad() = at::ones_like(all.weight);
  const void* const there = all.weight.grad().data_ptr();
  engine_linear(all.x, all.weight, all.bias).sum().backward();
  CHECK(all.weight.grad().data_ptr() == there);
  const at::Tensor wanted = all.x.detach().sum(0).expand({10, 20}) + 1;
  CHECK(distance(all.weight.grad(), wanted) < 2e-6);

  at::Tensor table = torch::randn({5, 3}, at::TensorOptions(at::kFloat).requires_grad(true));
  const at::Tensor ids = at::tensor({4, 0, 4}, at::kLong);
  CHECK(at::equal(embedded(table, ids), at::embedding(table, ids)));
  table.mutable_grad() = at::ones_like(table);
  embedded(table, ids).sum().backward();
  CHECK(at::equal(table.grad().select(1, 0), at::tensor({2.0F, 1.0F, 1.0F, 1.0F, 3.0F})));
}

// What linear() goes by: test_model --no-skip --test-case="how fast*"
TEST_CASE("how fast a linear map is, forward and back, by shape" * doctest::skip()) {
  struct Sizes {
    std::int64_t rows, in, out;
  };
  at::set_num_threads(1);
  for (const Sizes& sizes : {Sizes{768, 128, 128}, Sizes{768, 128, 512}, Sizes{768, 512, 128},
                             Sizes{768, 128, 65}, Sizes{32, 64, 64}, Sizes{32, 512, 256},
                             Sizes{256, 768, 768}, Sizes{256, 768, 3072}, Sizes{256, 768, 50257}}) {
    const Maps all = maps(sizes.rows, sizes.in, sizes.out);
    const at::Tensor dy = at::ones({sizes.rows, sizes.out});
    const auto rate = [&](const auto& map) {
      using Clock = std::chrono::steady_clock;
      double best = 0;
      for (int i = 0; i < 15; ++i) {
        const Clock::time_point begin = Clock::now();
        const at::Tensor y = map(all.x, all.weight, all.bias);
        (void)torch::autograd::grad({y}, {all.x, all.weight, all.bias}, {dy});
        const std::chrono::duration<double> taken = Clock::now() - begin;
        best = std::max(
            best, 6e-9 * static_cast<double>(sizes.rows * sizes.in * sizes.out) / taken.count());
      }
      return best;
    };
    const double theirs = rate([](const auto&... x) { return at::linear(x...); });
    at::globalContext().setFloat32MatmulPrecision("medium");
    const double medium = rate([](const auto&... x) { return at::linear(x...); });
    at::globalContext().setFloat32MatmulPrecision("highest");
    const double ours = rate([](const auto&... x) { return engine_linear(x...); });
    MESSAGE(sizes.rows, " rows, ", sizes.in, " to ", sizes.out, ": LibTorch ", theirs,
            " GF/s, medium ", medium, ", engine ", ours);
  }
}

}  // namespace
}  // namespace mx
