// SPDX-License-Identifier: Apache-2.0
// What pruning did to each of a network's maps.
#pragma once

#include "base/json.h"
#include "prune/method.h"

namespace mx::prune {

// [{"name", "sparsity", "error"}] of the prunable tensors of `before`, in its order. sparsity: of
// the numbers that were there, the share that is zero or cut away now. error: of what the map's
// outputs were to be, the share that pruning lost (wanda and sparsegpt, which measure it; before
// any fine-tuning).
[[nodiscard]] Json layers_json(const Network& before, const Subject& after);

}  // namespace mx::prune
