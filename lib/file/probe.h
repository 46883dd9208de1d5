// SPDX-License-Identifier: Apache-2.0
// Probe inputs: numbers like those of a standardized row, made from a number, never from data, with
// integer arithmetic so that every machine makes the same. Files then hold the outputs alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "net/network.h"

namespace mx {

inline constexpr std::size_t kProbeTokens = 16;

// What a probe of a network holds: numbers for a row; of a network on tokens 16 ids (or the
// context) and padding, and the outputs behind the last of them (pooled: all there are).
struct ProbeSizes {
  std::size_t input = 0, output = 0;
};
[[nodiscard]] ProbeSizes probe_sizes(const Network& network);
[[nodiscard]] std::vector<float> probe_input(const Network& network, std::uint64_t number);

// `size` numbers, mean 0, deviation 1.15, within -4 and 4. Probe k of a model (from 0) uses number
// k.
[[nodiscard]] std::vector<float> probe_input(std::size_t size, std::uint64_t number);

}  // namespace mx
