// SPDX-License-Identifier: Apache-2.0
// Bills of materials of a model: what it is and was made from, as other programs read it.
#pragma once

#include "trust/card.h"

namespace mx {

struct BomFacts {
  const Card& card;  // English
  const CardFacts& facts;
  Sha256 file = {};          // SHA-256 of the file's bytes
  std::int64_t created = 0;  // seconds since 1970: when the document is made
};

// CycloneDX 1.6 (ECMA-424): https://cyclonedx.org/docs/1.6/json/
[[nodiscard]] Json cyclonedx(const BomFacts& facts);
// SPDX 2.3: https://spdx.github.io/spdx-spec/v2.3/
[[nodiscard]] Json spdx(const BomFacts& facts);

}  // namespace mx
