// SPDX-License-Identifier: Apache-2.0
#include "learn/taught_loss.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include <cmath>

#include "learn/loss.h"
#include "learn/toy.h"
#include "model/initialize.h"
#include "net/families.h"

namespace mx {
namespace {

constexpr std::int64_t kRows = 150;  // more than are headed at once
constexpr std::int64_t kWidth = 24;

Network head_of(std::int64_t outputs) {
  return {{{InputBlock{{kWidth}}}, {Linear{.name = "head", .in = kWidth, .out = outputs}}}};
}

struct Case {
  Task task = Task::classify;
  std::int64_t outputs = 1000, taught = 1000;
  DistillOptions options;
};

struct Outcome {
  double loss = 0;
  at::Tensor hidden, head;  // gradients
};

// The same by whole tensors and autograd.
Outcome plainly(const Executor& executor, const Case& what, const at::Tensor& hidden,
                const at::Tensor& target, const at::Tensor& labels, double scale) {
  const at::Tensor x = hidden.detach().clone().requires_grad_(true);
  const at::Tensor y = executor.head(x, false);
  Batch batch;
  (what.task == Task::regress ? batch.targets : batch.classes) = labels;
  const double alpha = what.options.alpha;
  at::Tensor loss =
      soft_loss(what.task, target, y.narrow(1, 0, what.taught), batch, what.options) * alpha;
  if (alpha < 1) loss = loss + task_loss(what.task, y, batch) * (1 - alpha);
  loss = loss * scale;
  loss.backward();
  return {loss.item<double>(), x.grad(), {}};
}

void check_alike(const at::Tensor& a, const at::Tensor& b) {
  const double largest = b.abs().max().item<double>();
  CHECK((a - b).abs().max().item<double>() <= 1e-6 * std::max(1.0, largest) + 1e-6 * largest);
  CHECK((a - b).abs().max().item<double>() <= 1e-4 * largest);
}

void check_twin(const Case& what) {
  torch::manual_seed(3);
  const Network network = head_of(what.outputs);
  Executor executor(network, initialize(network, 1), /*trains=*/true);
  executor.trained().normal_(0, 0.3);
  const at::Tensor hidden = at::randn({kRows, kWidth});
  const bool numbers = what.task == Task::regress;
  const at::Tensor labels =
      numbers ? at::randn({kRows, what.outputs}) : at::randint(what.outputs, {kRows}, at::kLong);
  const at::Tensor said = at::randn({kRows, what.taught}) * 2;
  const at::Tensor target = teacher_target(what.task, {said}, what.options.temperature);
  constexpr double kScale = 0.7;

  executor.gradient().zero_();
  const Outcome plain = plainly(executor, what, hidden, target, labels, kScale);
  const at::Tensor head = executor.gradient().clone();
  executor.gradient().zero_();
  std::int64_t most = 0;
  const TaughtBatch batch{.task = what.task,
                          .labels = labels,
                          .target =
                              [&](std::int64_t begin, std::int64_t count) {
                                most = std::max(most, count);
                                return target.narrow(0, begin, count);
                              },
                          .options = what.options,
                          .scale = kScale};
  const TaughtLoss found = taught_loss(executor, hidden, batch, /*bf16=*/false);
  CHECK(found.loss == doctest::Approx(plain.loss).epsilon(1e-6));
  check_alike(found.gradient, plain.hidden);
  check_alike(executor.gradient(), head);
  CHECK(most < kRows);
}

TEST_CASE("a lesson in parts is the plain composition, value and gradients") {
  for (const Divergence kind : {Divergence::forward_kl, Divergence::reverse_kl, Divergence::js}) {
    for (const double t : {1.0, 4.0}) {
      for (const double alpha : {0.3, 1.0}) {
        CAPTURE(static_cast<int>(kind));
        CAPTURE(t);
        CAPTURE(alpha);
        check_twin(
            {.options = {.temperature = t, .alpha = alpha, .divergence = kind, .beta = 0.3}});
      }
    }
  }
}

TEST_CASE("a lesson about the first outputs only is renormalized over these") {
  check_twin({.taught = 900, .options = {.temperature = 2, .alpha = 0.5}});
  check_twin({.taught = 900, .options = {.temperature = 1, .alpha = 1}});
}

TEST_CASE("a lesson of numbers is the plain composition too") {
  check_twin({.task = Task::regress, .outputs = 30, .taught = 30, .options = {.alpha = 0.4}});
}

TEST_CASE("without a head to compute in parts the gradient is of the outputs themselves") {
  const Network network = {
      {{InputBlock{{3}}}, {Linear{.name = "map", .in = 3, .out = 3}}, {Activation{Act::tanh}}}};
  Executor executor(network, initialize(network, 1), /*trains=*/true);
  const at::Tensor x = at::randn({5, 3});
  const at::Tensor y = executor.forward(x, {.headless = true});
  CHECK(at::equal(y, executor.forward(x, {})));
  const at::Tensor before = y.detach().clone();
  const at::Tensor labels = at::zeros({5}, at::kLong);
  const TaughtLoss found =
      taught_loss(executor, y, {.labels = labels, .options = {.alpha = 0}}, false);
  CHECK(at::equal(y.detach(), before));
  const at::Tensor plain = at::cross_entropy_loss(y, labels);
  CHECK(found.loss == doctest::Approx(plain.item<double>()));
  CHECK(at::allclose(found.gradient, torch::autograd::grad({plain}, {y})[0]));
}

TEST_CASE("js goes over to forward-kl as beta goes to 0, and to reverse-kl as it goes to 1") {
  torch::manual_seed(5);
  const at::Tensor target = at::log_softmax(at::randn({6, 9}) * 0.5, -1);
  const at::Tensor logits = at::randn({6, 9}) * 0.5;
  const auto loss = [&](Divergence kind, double beta) {
    const at::Tensor z = logits.clone();
    const TaughtBatch batch{.options = {.alpha = 1, .divergence = kind, .beta = beta}};
    const double value = taught_rows(batch, z, target, {}, 6);
    return std::pair(value, z);
  };
  const auto near = [&](Divergence kind, double beta, double weight) {
    const auto [js, js_gradient] = loss(Divergence::js, beta);
    const auto [kl, kl_gradient] = loss(kind, 0.5);
    CHECK(js / weight == doctest::Approx(kl).epsilon(0.02));
    CHECK((js_gradient / weight - kl_gradient).abs().max().item<double>() <
          0.05 * kl_gradient.abs().max().item<double>());
  };
  near(Divergence::forward_kl, 0.005, 0.005);
  near(Divergence::reverse_kl, 0.995, 0.005);
}

TEST_CASE("with logits of a thousand loss and gradient are finite") {
  const at::Tensor target = at::log_softmax(at::tensor({1000.0F, 0.0F, 0.0F}).view({1, 3}), -1);
  for (const Divergence kind : {Divergence::forward_kl, Divergence::reverse_kl, Divergence::js}) {
    const at::Tensor z = at::tensor({0.0F, 0.0F, 1000.0F}).view({1, 3});
    const double loss =
        taught_rows({.options = {.alpha = 1, .divergence = kind}}, z, target, {}, 1);
    CHECK(std::isfinite(loss));
    CHECK(at::isfinite(z).all().item<bool>());
  }
}

}  // namespace
}  // namespace mx
