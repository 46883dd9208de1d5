// SPDX-License-Identifier: Apache-2.0
// Products of two fp32 matrices by the engine's kernels, for training: either one may lie
// transposed. Both are packed on the way (Goto and van de Geijn 2008), so that the kernels reach
// the same speed in all three products of a linear map, forward and back. Sums run in the order of
// depth, 512 at a time: the result does not depend on how the work is shared out.
#pragma once

#include <cstddef>

#include "engine/kernels/kernels.h"

namespace mx::engine {

// c = a b + bias, all row by row; with `add`, the c that is there is added too.
struct Product {
  std::size_t rows, columns, depth;
  const float* a;               // [rows, depth]; transposed: [depth, rows]
  const float* b;               // [depth, columns]; transposed: [columns, depth]
  float* c;                     // [rows, columns]
  const float* bias = nullptr;  // [columns], or null for none
  bool a_transposed = false, b_transposed = false, add = false;
  // From row to row of what lies in a, b and c; 0: without gaps.
  std::size_t a_stride = 0, b_stride = 0, c_stride = 0;
};

// Share number `share` of `shares`, each of which any thread may compute beside the others.
void multiply(const Kernels& kernels, const Product& product, std::size_t share,
              std::size_t shares);

}  // namespace mx::engine
