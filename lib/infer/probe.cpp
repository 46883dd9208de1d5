// SPDX-License-Identifier: Apache-2.0
#include "infer/probe.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
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

// `count` probes of so many tokens.
void check_work(const Network& network, const RunEstimate& estimate, std::size_t tokens,
                std::size_t count, std::uint64_t max_memory) {
  const RunSize size{.tokens = tokens, .last = true};
  const std::uint64_t more =
      checked_mul(kProbeWorkEach, cost(network).parameters, "the work of a probe");
  const std::uint64_t limit =
      checked_mul(kProbes, checked_add(kProbeWork, more, "the work of a probe"), "probes");
  const std::uint64_t work = checked_mul(count, estimate.work(size), "the work of probes");
  if (work > limit) {
    throw Error{Kind::input,
                fmt::format("the network's probes would take {:.2g} multiply-adds, over the limit "
                            "of {:.2g} for its {} parameters",
                            static_cast<double>(work), static_cast<double>(limit),
                            grouped(cost(network).parameters)),
                "models of its size take less by far; one of your own does with smaller inputs"};
  }
  check_run(estimate, size, max_memory);
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

}  // namespace

void check_probes(const Network& network, std::span<const Weight> weights,
                  std::uint64_t max_memory) {
  if (network.empty()) return;
  check_work(network, RunEstimate(network, weights), kProbeTokens, kProbes, max_memory);
}

void check_trained(const Network& network, std::span<const Weight> weights,
                   std::uint64_t max_memory, std::string_view device) {
  check_probes(network, weights, max_memory);
  if (device == "cpu") check_run(RunEstimate(network, weights), {}, max_memory);
}

void set_probes(Model& model, ThreadPool& pool) {
  model.probes.clear();
  if (model.header.network.empty()) return;
  check_probes(model.header.network, model.weights, model.max_memory);
  Engine engine(model, pool);
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
  const Network& network = model.header.network;
  std::size_t tokens = 1;
  for (const Probe& probe : model.probes) {
    if (takes_tokens(network)) tokens = std::max(tokens, token_ids(probe.input).size());
  }
  check_work(network, RunEstimate(network, model.weights), tokens, model.probes.size(),
             model.max_memory);
  Engine engine(model, pool);
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
