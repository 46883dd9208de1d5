// SPDX-License-Identifier: Apache-2.0
// Probes: inputs made from a seed, never from data, with the outputs the network gives. Re-run by
// `check` and after every change of form; bit-equal when nothing was lost.
#pragma once

#include "engine/engine.h"
#include "file/model.h"

namespace mx {

// A probe is refused (Kind::input) when it takes more memory than Model::max_memory or more work
// than kProbeWork and kProbeWorkEach for each of the network's parameters: multiply-adds as
// engine/estimate.h counts them. What people train stays far below: a probe of a language model
// takes 16 for each parameter, one of a large convolutional network 2^35 in all.
inline constexpr std::uint64_t kProbeWork = std::uint64_t{1} << 36U;
inline constexpr std::uint64_t kProbeWorkEach = 256;
// Throws where set_probes() would refuse, before a model is trained or changed.
void check_probes(const Network& network, std::span<const Weight> weights,
                  std::uint64_t max_memory);

// The same of a network that is to be trained on this device; on the processor a whole row is held
// against the limit, too, which of tokens is the context.
void check_trained(const Network& network, std::span<const Weight> weights,
                   std::uint64_t max_memory, std::string_view device);

// Two probes with outputs from the engine; each tool that changes the function calls this before
// writing. Nothing for files without a network.
void set_probes(Model& model, ThreadPool& pool);
// The largest |difference| between stored and computed outputs, 0 when bit-equal, and whether it
// stays within what another instruction set may change (1e-4 of the largest output).
struct ProbeResult {
  double difference = 0;
  bool agrees = true;
};
[[nodiscard]] ProbeResult run_probes(const Model& model, ThreadPool& pool);

}  // namespace mx
