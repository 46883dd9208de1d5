// SPDX-License-Identifier: Apache-2.0
// mx-pack --quantize, --target-size and --max-loss-increase: the same network with other numbers,
// measured.
#pragma once

#include <optional>
#include <string>

#include "pack/commands.h"
#include "pack/measure.h"
#include "shrink/quantize.h"
#include "tensor/codec.h"
#include "trust/declare.h"

namespace mx::pack {

// What the file must come to; the codes of the tensors follow.
struct Target {
  std::string size;
  std::optional<double> loss_increase;

  [[nodiscard]] Fields fields();
  [[nodiscard]] bool given() const { return !size.empty() || loss_increase; }
};

struct QuantizeJob {
  const std::string& path;
  Effort effort;
  const QuantizeOptions& options;
  const Target& target;
  Measure& measure;
  const RightsOptions& rights;
};
// The exit status.
[[nodiscard]] int quantize(cli::Session& session, const QuantizeJob& job);

}  // namespace mx::pack
