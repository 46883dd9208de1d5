// SPDX-License-Identifier: Apache-2.0
// A network seen as layers: what distillation compares from one network to another.
//
// With attention, a layer is a residual block that attends and the residual blocks behind it, up to
// the next one that attends: a transformer's usual layer, numbered from 0. Without, a layer is a
// linear map, convolution or residual block with the activation, normalization and pooling behind
// it; the last map, which gives the outputs, is none.
#pragma once

#include <cstddef>
#include <vector>

#include "net/network.h"

namespace mx {

struct NetworkLayer {
  std::size_t begin = 0, end = 0;        // blocks [begin, end) of the network's list
  Shape output = {};                     // of one row, behind the last of them
  const Attention* attention = nullptr;  // the last one in it, or none
};

// The network must outlive what is returned.
[[nodiscard]] std::vector<NetworkLayer> layers(const Network& network);

}  // namespace mx
