// SPDX-License-Identifier: Apache-2.0
#include "shrink/sensitivity.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "engine/engine.h"
#include "net/families.h"

namespace mx {
namespace {

// Between the shares that were tried, along the lower convex hull.
double loss_at(const BlockLosses& block, double share) {
  double least = 1e9;
  for (const auto& [a, of_a] : block.loss) {
    for (const auto& [b, of_b] : block.loss) {
      if (a > share || b < share) continue;
      const double t = b == a ? 0 : (share - a) / (b - a);
      least = std::min(least, of_a + t * (of_b - of_a));
    }
  }
  return least;
}

TEST_CASE("the shares that cost least together are those of trying all") {
  const std::vector<BlockLosses> blocks = {{1000, {{0, 0}, {0.5, 0.01}, {0.7, 0.5}, {0.9, 2}}},
                                           {3000, {{0, 0}, {0.5, 0.2}, {0.7, 0.3}, {0.9, 0.35}}},
                                           {2000, {{0, 0}, {0.5, 0.3}, {0.7, 0.31}, {0.9, 1.5}}}};
  for (const double share : {0.0, 0.2, 0.5, 0.61, 0.7, 0.85, 0.9}) {
    const std::vector<double> found = cheapest_shares(blocks, share);
    double gone = 0, loss = 0;
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      gone += found[b] * static_cast<double>(blocks[b].numbers);
      loss += loss_at(blocks[b], found[b]);
    }
    CHECK(gone == doctest::Approx(share * 6000));
    double least = 1e9;
    for (int i = 0; i <= 90; ++i) {
      for (int j = 0; j <= 90; ++j) {
        const double k = (share * 6000 - i * 10 - j * 30) / 2000;
        if (k < -1e-9 || k > 0.9 + 1e-9) continue;
        least = std::min(least, loss_at(blocks[0], i / 100.0) + loss_at(blocks[1], j / 100.0) +
                                    loss_at(blocks[2], std::clamp(k, 0.0, 0.9)));
      }
    }
    CHECK(loss <= least + 1e-9);
  }
  for (const double share : {0.95, 1.0}) {  // further than was tried
    double gone = 0;
    const std::vector<double> found = cheapest_shares(blocks, share);
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      gone += found[b] * static_cast<double>(blocks[b].numbers);
    }
    CHECK(gone == doctest::Approx(share * 6000));
  }
}

TEST_CASE("a block that the outputs do not feel loses more than one they do") {
  const Network network = build({.hidden = {32, 32}}, {16}, 4);
  std::vector<Weight> weights;
  Random random(2);
  for (const TensorSpec& spec : tensors(network)) {
    Tensor values(DType::f32, spec.shape);
    for (float& x : values.as<float>()) x = static_cast<float>(0.3 * random.normal());
    weights.push_back({.name = spec.name, .values = std::move(values)});
  }
  CalibrationRows rows{64, 16, {}};
  for (int i = 0; i < 64 * 16; ++i) rows.x.push_back(static_cast<float>(random.normal()));
  ThreadPool pool(2);
  // Of the first map alone, any change costs.
  const auto loss = [&](const std::vector<Weight>& changed) {
    double sum = 0;
    for (std::size_t i = 0; i < 16 * 32; ++i) {
      sum += std::pow(changed[0].values.as<float>()[i] - weights[0].values.as<float>()[i], 2);
    }
    return sum;
  };
  const std::map<std::string, double> shares = sensitive_shares(
      network, weights, [](const std::string& name) { return !name.starts_with("head"); }, 0.5, {},
      {}, rows, loss, pool, [](std::size_t, std::size_t) {});
  CHECK(shares.size() == 2);
  CHECK(shares.at("0.weight") < 0.5);
  CHECK(shares.at("1.weight") > 0.5);
  CHECK((512 * shares.at("0.weight") + 1024 * shares.at("1.weight")) / 1536 ==
        doctest::Approx(0.5));
}

}  // namespace
}  // namespace mx
