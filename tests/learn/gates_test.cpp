// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "engine/engine.h"
#include "infer/metrics.h"
#include "learn/train.h"
#include "model/initialize.h"

namespace mx {
namespace {

// A gate on a structure scales the columns that read it; on a block, what writes its output.
std::vector<Weight> gated(std::vector<Weight> weights, const StructureGroup& group,
                          std::size_t structure, float gate) {
  const auto scale = [&](const std::string& name, auto&& takes_part) {
    for (Weight& weight : weights) {
      if (weight.name != name) continue;
      const std::span<float> values = weight.values.as<float>();
      const std::size_t row = values.size() / static_cast<std::size_t>(weight.values.shape[0]);
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (takes_part(i % row, row)) values[i] *= gate;
      }
    }
  };
  for (const AxisUse& use : group.reads) {
    scale(use.tensor, [&](std::size_t column, std::size_t row) {
      const std::size_t inner = row / (use.outer * group.structures);
      return column / inner % group.structures == structure;
    });
  }
  if (!group.blocks.empty()) {
    for (const std::string& name : {group.blocks[structure].weight, group.blocks[structure].bias}) {
      scale(name, [](std::size_t, std::size_t) { return true; });
    }
  }
  return weights;
}

void check_gates(const char* json, Structure structure, std::int64_t kinds) {
  const Network network = network_from_json(parse_json(json, "test"), "test");
  std::vector<Weight> weights = initialize(network, 3);
  Random random(11);
  for (Weight& weight : weights) {
    for (float& value : weight.values.as<float>()) {
      value += static_cast<float>(0.3 * random.normal());
    }
  }
  Dataset data;
  data.rows = 70;  // more than one batch
  data.inputs = element_count(shapes(network).front());
  for (std::size_t i = 0; i < data.rows * data.inputs; ++i) {
    data.x.push_back(kinds > 0 ? static_cast<float>(random.below(static_cast<std::uint64_t>(kinds)))
                               : static_cast<float>(random.normal()));
  }
  for (std::size_t i = 0; i < data.rows; ++i) {
    data.classes.push_back(static_cast<std::int64_t>(random.below(3)));
  }
  Schema schema;
  schema.task = Task::classify;
  schema.classes = {"a", "b", "c"};
  const auto groups = find_groups(network, structure, "");
  const Importance found = gate_importance(network, weights, &schema, data, groups, 2);
  ThreadPool pool(1);
  const auto losses = [&](const std::vector<Weight>& now) {
    Engine engine(network, now, pool);
    return evaluate(schema, data, engine).row_loss;
  };
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (std::size_t s = 0; s < groups[g].structures; ++s) {
      CAPTURE(g);
      CAPTURE(s);
      constexpr float kStep = 0.02F;
      const std::vector<double> up = losses(gated(weights, groups[g], s, 1 + kStep));
      const std::vector<double> down = losses(gated(weights, groups[g], s, 1 - kStep));
      double mean = 0;
      for (std::size_t r = 0; r < data.rows; ++r) {
        mean += std::abs(up[r] - down[r]) / (2 * kStep) / static_cast<double>(data.rows);
      }
      CHECK(found[g][s] == doctest::Approx(mean).epsilon(0.02));
    }
  }
}

TEST_CASE("the importance of a structure is the gradient of a gate on it, row by row") {
  check_gates(R"([{"input":{"shape":[4]}},{"linear":{"name":"a","in":4,"out":5}},
    {"activation":{"kind":"tanh"}},{"linear":{"name":"b","in":5,"out":3}}])",
              Structure::neurons, 0);
  check_gates(R"([{"input":{"shape":[1,4,4]}},
    {"conv2d":{"name":"c","in":1,"out":3,"kernel":3,"padding":1}},{"activation":{"kind":"gelu"}},
    {"conv2d":{"name":"d","in":3,"out":2,"kernel":2}},{"activation":{"kind":"tanh"}},
    {"flatten":{}},{"linear":{"name":"h","in":18,"out":3}}])",
              Structure::channels, 0);
  constexpr const char* kTokens = R"([{"input":{"tokens":5}},
    {"embedding":{"name":"e","vocab":6,"dim":6,"positions":5}},
    {"residual":[{"layernorm":{"name":"n","dim":6}},{"attention":{"name":"a","dim":6,"heads":4,
      "kv_heads":2,"head_dim":2,"causal":false}}]},
    {"residual":[{"layernorm":{"name":"m","dim":6}},{"feedforward":{"name":"f","dim":6,"hidden":4,
      "activation":"gelu"}}]},
    {"token_pool":{"kind":"mean"}},{"linear":{"name":"head","in":6,"out":3}}])";
  check_gates(kTokens, Structure::heads, 6);
  check_gates(kTokens, Structure::neurons, 6);
  check_gates(kTokens, Structure::blocks, 6);
}

TEST_CASE("without a task what counts is how far outputs turn") {
  const Network network = network_from_json(
      parse_json(R"([{"input":{"shape":[2]}},{"linear":{"name":"a","in":2,"out":4}},
        {"activation":{"kind":"tanh"}},{"linear":{"name":"b","in":4,"out":2,"bias":false}}])",
                 "test"),
      "test");
  std::vector<Weight> weights = initialize(network, 3);
  Dataset data;
  data.rows = 200;
  data.inputs = 2;
  Random random(5);
  for (std::size_t i = 0; i < 2 * data.rows; ++i) {
    data.x.push_back(static_cast<float>(random.normal()));
  }
  const auto groups = find_groups(network, Structure::neurons, "");
  const auto measured = [&](const std::vector<float>& b) {
    std::ranges::copy(b, weights.back().values.as<float>().begin());
    return gate_importance(network, weights, nullptr, data, groups, 1).at(0);
  };
  const std::vector<double> found = measured({1, 0, 0.1F, 0.5F, 0.5F, 0, 0.1F, -1});
  CHECK(found[0] > 3 * found[2]);
  CHECK(found[2] > 0);
  CHECK(found[1] == 0);
  // Longer outputs turn no further.
  const std::vector<double> longer = measured({10, 0, 1, 5, 5, 0, 1, -10});
  for (std::size_t i = 0; i < 4; ++i) CHECK(longer[i] == doctest::Approx(found[i]));
}

}  // namespace
}  // namespace mx
