// SPDX-License-Identifier: Apache-2.0
// The linear map of training, forward and back, by whichever is faster here: the engine's kernels
// (engine/matmul.h) or LibTorch's. Which one depends on the machine and the shape alone. Where a
// weight has a gradient already (weight.grad() is defined), backward() adds to that in place, which
// spares a pass over memory; torch::autograd::grad gives none for such a weight.
#pragma once

#include <ATen/core/Tensor.h>

namespace mx {

// y = x weight^T + bias; x: [..., in], weight: [out, in], bias: [out] or undefined.
[[nodiscard]] at::Tensor linear(const at::Tensor& x, const at::Tensor& weight,
                                const at::Tensor& bias);
// The same by the engine's kernels, whatever the machine.
[[nodiscard]] at::Tensor engine_linear(const at::Tensor& x, const at::Tensor& weight,
                                       const at::Tensor& bias);

// Rows of the table: ids [...] -> [..., size], gradients likewise.
[[nodiscard]] at::Tensor embedded(const at::Tensor& table, const at::Tensor& ids);

}  // namespace mx
