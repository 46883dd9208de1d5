// SPDX-License-Identifier: Apache-2.0
// Probe inputs: numbers like those of a standardized row, made from a number, never from data, with
// integer arithmetic so that every machine makes the same. Files then hold the outputs alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mx {

// `size` numbers, mean 0, deviation 1.15, within -4 and 4. Probe k of a model (from 0) uses number
// k.
[[nodiscard]] std::vector<float> probe_input(std::size_t size, std::uint64_t number);

}  // namespace mx
