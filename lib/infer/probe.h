// SPDX-License-Identifier: Apache-2.0
// Probes: inputs made from a seed, never from data, with the outputs the network gives. Re-run by
// `check` and after every change of form; bit-equal when nothing was lost.
#pragma once

#include "engine/engine.h"
#include "file/model.h"

namespace mx {

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
