// SPDX-License-Identifier: Apache-2.0
// What writing a packed model is made of, lossless or not.
#pragma once

#include <memory>
#include <string>

#include "infer/probe.h"
#include "pack/commands.h"

namespace mx::pack {

// The result of running the probes. Throws Kind::answer unless the weights' answers are those
// recorded, up to what another processor may change.
ProbeResult agreeing(const Model& model, ThreadPool& pool);

struct Totals {
  std::uint64_t nonzero = 0, bytes = 0;
  Sha256 identity = {};
};
// Sizes and metrics for --json; for people behind `more`.
void report_packed(cli::Session& session, const Header& header, const Totals& totals,
                   const Json& metrics, const std::string& more);

}  // namespace mx::pack
