// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <torch/torch.h>

#include "learn/batch.h"
#include "learn/loss.h"
#include "learn/train.h"
#include "model/executor.h"
#include "model/initialize.h"

namespace mx {
namespace {

TEST_CASE("importance by gradient is the mean over rows of each row's own |w dL/dw|") {
  const Network network{
      {{InputBlock{{2, 6, 6}}},
       {Conv2d{.name = "0", .in = 2, .out = 3, .kernel = 3, .stride = 2, .padding = 1}},
       {Activation{Act::relu}},
       {Linear{.name = "wide", .in = 3, .out = 4}},  // on the last dimension
       {Flatten{}},
       {Linear{.name = "head", .in = 36, .out = 4}}}};
  const std::vector<Weight> weights = initialize(network, 2);
  Schema schema;
  schema.classes = {"a", "b", "c", "d"};
  schema.input = {2, 6, 6};
  Dataset data{.rows = 70, .inputs = 72, .outputs = 0, .x = {}, .classes = {}, .targets = {}};
  Random random(3);
  for (int i = 0; i < 70 * 72; ++i) data.x.push_back(static_cast<float>(random.normal()));
  for (int i = 0; i < 70; ++i) data.classes.push_back(static_cast<std::int64_t>(random.below(4)));

  const std::vector<Tensor> fast = gradient_importance(network, weights, &schema, data, 1);

  Executor executor(network, weights, true);
  at::Tensor sum = at::zeros_like(executor.gradient());
  for (std::size_t row = 0; row < data.rows; ++row) {
    executor.gradient().zero_();
    const Batch one = slice(data, row, 1);
    task_loss(Task::classify, executor.forward(one.x, {}), one).backward();
    sum += (executor.trained() * executor.gradient()).abs() / 70;
  }
  std::size_t at = 0;
  for (const Executor::Place& place : executor.places()) {
    if (!place.spec.prunable) continue;
    REQUIRE(at < fast.size());
    CHECK(fast[at].shape == place.spec.shape);
    const std::span<const float> values = fast[at++].as<float>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      CHECK(values[i] ==
            doctest::Approx(sum[place.begin + static_cast<std::int64_t>(i)].item<float>())
                .epsilon(1e-4));
    }
  }
  CHECK(at == fast.size());
}

}  // namespace
}  // namespace mx
