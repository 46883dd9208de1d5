// SPDX-License-Identifier: Apache-2.0
#include "infer/probe.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "engine/sequence.h"
#include "file/probe.h"

namespace mx {
namespace {

constexpr std::uint64_t kProbes = 2;
constexpr double kTolerance = 1e-4;  // of the largest output

std::vector<float> answer(Engine& engine, std::size_t outputs, std::span<const float> input) {
  std::vector<float> out(outputs);
  if (engine.token_network() != nullptr) {
    Sequence(engine).feed(token_ids(input), out);
    return out;
  }
  engine.run(input, out, 1);
  return out;
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

}  // namespace

void set_probes(Model& model, ThreadPool& pool) {
  model.probes.clear();
  if (model.header.network.empty()) return;
  Engine engine(model.header.network, model.weights, pool);
  const std::size_t outputs = probe_sizes(model.header.network).output;
  for (std::uint64_t number = 0; number < kProbes; ++number) {
    Probe probe{probe_input(model.header.network, number), {}};
    probe.output = answer(engine, outputs, probe.input);
    model.probes.push_back(std::move(probe));
  }
}

ProbeResult run_probes(const Model& model, ThreadPool& pool) {
  ProbeResult result;
  if (model.probes.empty()) return result;
  Engine engine(model.header.network, model.weights, pool);
  const std::size_t outputs = probe_sizes(model.header.network).output;
  for (const Probe& probe : model.probes) {
    if (probe.input.size() != engine.input_size() || probe.output.size() != outputs) {
      fail(Kind::input, "a probe has {} inputs and {} outputs, but the network {} and {}",
           probe.input.size(), probe.output.size(), engine.input_size(), outputs);
    }
    const std::vector<float> now = answer(engine, outputs, probe.input);
    if (same_bits(now, probe.output)) continue;
    double largest = 0;
    double difference = 0;
    for (std::size_t i = 0; i < now.size(); ++i) {
      largest = std::max(largest, std::fabs(static_cast<double>(probe.output[i])));
      const double apart = std::fabs(static_cast<double>(now[i]) - probe.output[i]);
      // Not a number: as far apart as can be.
      difference = std::max(difference, std::isnan(apart) ? HUGE_VAL : apart);
    }
    result.difference = std::max(result.difference, difference);
    result.agrees = result.agrees && difference <= kTolerance * largest;
  }
  return result;
}

}  // namespace mx
