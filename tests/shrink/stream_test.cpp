// SPDX-License-Identifier: Apache-2.0
#include "shrink/stream.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/random.h"
#include "engine/engine.h"
#include "net/families.h"

namespace mx {
namespace {

class Collector final : public MapObserver {
 public:
  explicit Collector(std::string map) : map_(std::move(map)) {}
  void see(const std::string& name, std::span<const float> x) override {
    if (name == map_) seen.insert(seen.end(), x.begin(), x.end());
  }
  std::vector<float> seen;

 private:
  std::string map_;
};

// The whole network is run anew for every map, once with each of the weights.
Moments plain(const Network& network, const std::vector<Weight>& weights,
              const std::vector<Weight>& reference, const std::string& map, std::size_t inputs,
              const CalibrationRows& rows) {
  ThreadPool pool(1);
  std::vector<std::vector<float>> seen;
  for (const std::vector<Weight>* one : {&weights, &reference}) {
    Collector collector(map);
    Engine engine(network, *one, pool, &collector);
    std::vector<float> y(engine.output_size());
    for (std::size_t r = 0; r < rows.rows; ++r) {
      engine.run(std::span(rows.x).subspan(r * rows.inputs, rows.inputs), y, 1);
    }
    seen.push_back(std::move(collector.seen));
  }
  Moments out;
  out.inputs = inputs;
  out.count = seen[0].size() / inputs;
  out.own.resize(inputs * inputs);
  out.shift.resize(inputs * inputs);
  for (std::size_t at = 0; at < seen[0].size(); at += inputs) {
    for (std::size_t i = 0; i < inputs; ++i) {
      for (std::size_t j = 0; j < inputs; ++j) {
        const double x = seen[0][at + i];
        out.own[i * inputs + j] += x * seen[0][at + j] / static_cast<double>(out.count);
        out.shift[i * inputs + j] += x * (static_cast<double>(seen[1][at + j]) - seen[0][at + j]) /
                                     static_cast<double>(out.count);
      }
    }
  }
  return out;
}

struct Subject {
  Network network;
  std::vector<Weight> weights;
  CalibrationRows rows;
};

void fill(Subject& subject) {
  Random random(4);
  for (const TensorSpec& spec : tensors(subject.network)) {
    Tensor values(DType::f32, spec.shape);
    for (float& x : values.as<float>()) x = static_cast<float>(0.3 * random.normal());
    if (spec.role == "var") std::ranges::fill(values.as<float>(), 1.0F);
    subject.weights.push_back({.name = spec.name, .values = std::move(values)});
  }
}

Subject on_tokens(bool gated) {
  Subject out;
  out.network = build_language_model({.family = gated ? Family::llama : Family::gpt,
                                      .layers = 2,
                                      .heads = 2,
                                      .dim = 16,
                                      .context = 12},
                                     20);
  fill(out);
  out.rows = {9, 12, {}};
  Random random(6);
  for (std::size_t i = 0; i < out.rows.rows * 12; ++i) {
    const bool padding = i / 12 == 3 && i % 12 > 7;
    out.rows.x.push_back(padding ? -1
                                 : static_cast<float>(static_cast<int>(random.uniform() * 20)));
  }
  return out;
}

Subject on_images() {
  Subject out;
  out.network = network_from_json(Json::parse(R"([{"input": {"shape": [2, 9, 9]}},
        {"conv2d": {"name": "a", "in": 2, "out": 4, "kernel": 3, "padding": 1}},
        {"activation": {"kind": "relu"}}, {"pool2d": {"kind": "max", "size": 2, "stride": 2}},
        {"conv2d": {"name": "b", "in": 4, "out": 3, "kernel": 2, "stride": 2}},
        {"flatten": {}}, {"linear": {"name": "c", "in": 12, "out": 5}}])"),
                                  "test");
  fill(out);
  out.rows = {300, 162, {}};
  Random random(6);
  for (std::size_t i = 0; i < 300 * 162; ++i) {
    out.rows.x.push_back(static_cast<float>(random.normal()));
  }
  return out;
}

std::map<std::string, Moments> run(const Subject& subject, std::uint64_t inside,
                                   std::size_t threads, bool check) {
  ThreadPool pool(threads);
  std::vector<Weight> weights = subject.weights;
  std::map<std::string, Moments> out;
  visit_stages(
      subject.network, weights, weights, subject.rows, {.inside = inside},
      [](const Stage& stage) { return !stage.front().ends_with("key"); }, pool,
      [&](const Stage& stage, const Observe& observe) {
        Moments found = observe();
        if (check) {
          const Moments expected = plain(subject.network, weights, subject.weights, stage.front(),
                                         found.inputs, subject.rows);
          CHECK(found.count == expected.count);
          double worst = 0;
          if (found.shift.empty()) found.shift.resize(found.own.size());
          for (std::size_t i = 0; i < found.own.size(); ++i) {
            worst = std::max(worst, std::fabs(found.own[i] - expected.own[i]));
            worst = std::max(worst, std::fabs(found.shift[i] - expected.shift[i]));
          }
          CHECK(worst < 1e-4);
        }
        for (const std::string& name : stage) {  // what is changed is seen by what follows
          Tensor& values = std::ranges::find(weights, name, &Weight::name)->values;
          for (float& x : values.as<float>()) x = std::fabs(x) < 0.1F ? 0 : x;
        }
        out[stage.front()] = std::move(found);
      });
  return out;
}

TEST_CASE("piece by piece, maps are applied to what whole runs of the network apply them to") {
  for (const Subject& subject : {on_tokens(false), on_tokens(true), on_images()}) {
    const auto found = run(subject, std::uint64_t{1} << 30U, 1, true);
    CHECK(found.size() == stages(subject.network).size());
    for (const std::uint64_t inside : {std::uint64_t{0}, std::uint64_t{1} << 30U}) {
      for (const auto& [name, moments] : run(subject, inside, 3, false)) {
        CHECK(moments.own == found.at(name).own);
        if (!moments.shift.empty()) CHECK(moments.shift == found.at(name).shift);
      }
    }
  }
}

TEST_CASE("squares alone are the diagonal of the moments") {
  const Subject subject = on_tokens(false);
  ThreadPool pool(2);
  const auto found = run(subject, 0, 1, false);
  std::vector<Weight> weights = subject.weights;
  visit_stages(
      subject.network, weights, weights, subject.rows, {.reference = false, .squares_only = true},
      [](const Stage& stage) { return stage.front().starts_with("0.attn.q"); }, pool,
      [&](const Stage& stage, const Observe& observe) {
        const Moments squares = observe();
        CHECK(squares.own.empty());
        for (std::size_t i = 0; i < squares.inputs; ++i) {
          CHECK(squares.square(i) == doctest::Approx(found.at(stage.front()).square(i)));
        }
      });
}

TEST_CASE("hidden states take the memory that was said") {
  const StreamMemory memory = stream_memory(
      on_tokens(false).network, 9, [](const Stage&) { return true; }, {.reference = false});
  CHECK(memory.hidden == 9 * 12 * 16 * 4);
  CHECK(memory.inside == 9 * 12 * 64 * 4);  // the hidden neurons, beside the block's input
  CHECK(memory.solving == 64 * 64 * 16);
}

}  // namespace
}  // namespace mx
