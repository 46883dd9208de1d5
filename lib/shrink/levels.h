// SPDX-License-Identifier: Apache-2.0
// The values that the quantized numbers of a group may take, zero always among them, and how they
// are chosen. Scales are bf16 numbers; one may be negative, so that the longer side of a
// two's-complement range is turned to where the largest number is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mx {

inline constexpr int kScaleBits = 7;  // of a bf16 number behind its leading one

// How codes are spread. `bits` 2 to 8.
struct Grid {
  int bits = 4;
  std::size_t group = 32;       // neighbours in a row that share a scale; 0: the whole row
  bool asymmetric = false;      // the range's place is each group's own
  int scale_bits = kScaleBits;  // fewer are coded shorter
};

struct Levels {
  float scale = 1;
  int low = 0, high = 0;              // codes
  std::span<const float> table = {};  // instead: the values, ascending; codes count from 0

  [[nodiscard]] float value(int code) const {
    return table.empty() ? scale * static_cast<float>(code) : table[static_cast<std::size_t>(code)];
  }
  // The code of the nearest value; of two that are equally near, the even or the lower one.
  [[nodiscard]] int nearest(float x) const;
};

enum class ScaleRule { absmax, search };

// values and importance (how much a squared error counts; empty: all alike) of one group. absmax:
// the range just holds all values. search: the least weighted squared error among ranges from that
// down to a third of it.
[[nodiscard]] Levels choose_levels(std::span<const float> values, std::span<const float> importance,
                                   const Grid& grid, ScaleRule rule);
// x as a scale is stored: rounded to a bf16 number of so many bits behind its leading one, and away
// from zero and infinity.
[[nodiscard]] float round_scale(float x, int bits);

// At most `size` values, zero one of them, that stand for `values` with the least weighted squared
// error: Lloyd's algorithm (1982) from evenly filled cells, on the numbers that are not zero.
[[nodiscard]] std::vector<float> codebook(std::span<const float> values,
                                          std::span<const float> importance, std::size_t size);

}  // namespace mx
