// SPDX-License-Identifier: Apache-2.0
// The same network with narrower layers: what a student "auto:25%" is.
#pragma once

#include "net/network.h"

namespace mx {

// Every width inside the network (outputs of linear maps and channels of convolutions, but for
// those of the last one, widths of embeddings, numbers of heads and widths of feed-forward maps)
// is multiplied by one factor, rounded, at least 1; the factor is the
// largest of 1/4096 ... 4096/4096 with which the network has at most `share` of the parameters it
// had. Names, kinds and order of the blocks stay. Throws Kind::usage when even the narrowest has
// more, or when a block is tied to a tensor whose shape would change apart from it.
[[nodiscard]] Network narrower(const Network& network, double share);

}  // namespace mx
