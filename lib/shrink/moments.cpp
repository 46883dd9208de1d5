// SPDX-License-Identifier: Apache-2.0
#include "shrink/moments.h"

#include <algorithm>

#include "engine/pieces.h"

namespace mx {

std::vector<Stage> stages(const Network& network) {
  std::vector<Stage> out;
  for (engine::Piece& piece : engine::pieces(network)) {
    if (!piece.maps.empty()) out.push_back(std::move(piece.maps));
  }
  return out;
}

std::size_t default_calibration_rows(const Network& network) {
  return takes_tokens(network) ? 256 : 4096;
}

CalibrationRows calibration_rows(const Dataset& data, std::size_t most) {
  const std::vector<std::size_t> taken = spread_rows(data.rows, most);
  CalibrationRows out{taken.size(), data.inputs, {}};
  for (const std::size_t row : taken) {
    if (data.tokens == nullptr) {
      const auto from = std::span(data.x).subspan(row * data.inputs, data.inputs);
      out.x.insert(out.x.end(), from.begin(), from.end());
      continue;
    }
    std::vector<std::int32_t> ids(data.inputs), targets(data.inputs), documents(data.inputs);
    data.tokens->read(row, 0, {ids, targets, documents});
    if (ids[0] < 0) ids[0] = 0;  // an empty document
    out.x.insert(out.x.end(), ids.begin(), ids.end());
  }
  return out;
}

}  // namespace mx
