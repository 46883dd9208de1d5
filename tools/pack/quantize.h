// SPDX-License-Identifier: Apache-2.0
// mx-pack --quantize: the same network with other numbers, measured.
#pragma once

#include <string>

#include "pack/commands.h"
#include "pack/measure.h"
#include "shrink/quantize.h"
#include "tensor/codec.h"

namespace mx::pack {

struct QuantizeJob {
  const std::string& path;
  Effort effort;
  const QuantizeOptions& options;
  Measure& measure;
};
// The exit status.
[[nodiscard]] int quantize(cli::Session& session, const QuantizeJob& job);

}  // namespace mx::pack
