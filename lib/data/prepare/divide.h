// SPDX-License-Identifier: Apache-2.0
// Documents divided into training, validation and test by whole clusters: no two documents that
// share a MinHash band are on different sides. Clusters are taken in an order that the seed gives,
// as long as a part comes nearer to its share by them.
#pragma once

#include <array>
#include <cstdint>

#include "data/prepare/corpus.h"

namespace mx {

struct Fractions {
  double valid = 0, test = 0;  // of the bytes
};

// Sets the parts of all documents that are not dropped. Throws Kind::input when a share that was
// asked for stays empty, or training does.
void divide_clusters(Corpus& corpus, const Fractions& fractions, std::uint64_t seed);

// The other way: the end of the text as it comes. Sets no parts; returns the byte offsets (of the
// documents that stay, one after the other) where validation and test begin.
struct Tail {
  std::uint64_t valid = 0, test = 0;
};
[[nodiscard]] Tail divide_tail(Corpus& corpus, const Fractions& fractions);

}  // namespace mx
