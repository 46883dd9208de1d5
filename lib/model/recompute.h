// SPDX-License-Identifier: Apache-2.0
// Activation checkpointing (Chen et al. 2016, "Training deep nets with sublinear memory cost"): of
// a step only what came in is kept for the backward pass, which computes the rest again.
#pragma once

#include "model/steps.h"

namespace mx {

// step(x, flow), to the same bits, gradients too. Of a step that changes nothing but its gradients.
[[nodiscard]] at::Tensor recomputed(const Step& step, const at::Tensor& x, Flow& flow);

}  // namespace mx
