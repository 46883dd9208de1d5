// SPDX-License-Identifier: Apache-2.0
// What training a low-rank adapter can be told (Hu et al. 2021).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/fields.h"
#include "model/low_rank.h"

namespace mx {

struct LoraOptions {
  std::optional<std::int64_t> rank;  // none: no adapter is trained
  std::optional<double> alpha;       // default: the rank
  std::string maps;                  // regular expression; empty: all
  std::optional<double> dropout;     // default: 0

  Fields fields();
  // The option that was given for nothing, there being no --lora; or empty.
  [[nodiscard]] std::string_view idle() const;
};

// What is trained of this network. Throws Kind::usage when no map is meant (those that there are
// are named), a convolution is, or a map has fewer rows or columns than the rank.
[[nodiscard]] LowRank low_rank_of(const LoraOptions& options, const Network& network);

}  // namespace mx
