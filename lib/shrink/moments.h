// SPDX-License-Identifier: Apache-2.0
// What a network's linear maps are applied to on calibration rows, as second moments: all that the
// layer-wise solvers (solver.h) need to know of the data.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "net/network.h"

namespace mx {

// Linear maps and convolutions (names of their weights) that read the same input. A tied map is in
// no stage.
using Stage = std::vector<std::string>;
// In the order in which the network runs them.
[[nodiscard]] std::vector<Stage> stages(const Network& network);

struct CalibrationRows {
  std::size_t rows = 0, inputs = 0;
  std::vector<float> x;  // as Engine::run takes them
};
// Enough to solve on: 256 windows of text, 4,096 rows of other data.
[[nodiscard]] std::size_t default_calibration_rows(const Network& network);
// At most `most` rows, evenly spaced over all.
[[nodiscard]] CalibrationRows calibration_rows(const Dataset& data, std::size_t most);

// Means over all rows that a map saw, [inputs, inputs] each (stream.h measures them).
struct Moments {
  std::size_t inputs = 0;
  std::uint64_t count = 0;      // rows
  std::vector<double> own;      // x x^T
  std::vector<double> shift;    // x (y - x)^T, where y is what the map sees with the reference's
                                // weights; empty: y = x
  std::vector<double> squares;  // [inputs], instead of `own` where no more was asked for
  [[nodiscard]] double square(std::size_t i) const {
    return own.empty() ? squares[i] : own[i * inputs + i];
  }
};

}  // namespace mx
