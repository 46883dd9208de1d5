// SPDX-License-Identifier: Apache-2.0
// mx-pack MODEL --adapter FILE: a model with its adapters merged into its weights.
#pragma once

#include <string>
#include <vector>

#include "pack/commands.h"
#include "tensor/codec.h"
#include "trust/declare.h"

namespace mx::pack {

struct MergeJob {
  std::string path;                   // of the base
  std::vector<std::string> adapters;  // added in this order
  Effort effort = Effort::normal;
  const RightsOptions& rights;
};
int merge(cli::Session& session, const MergeJob& job);

}  // namespace mx::pack
