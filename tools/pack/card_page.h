// SPDX-License-Identifier: Apache-2.0
// A card as one page of HTML, which needs no script and asks nothing of a network.
#pragma once

#include <string>

#include "trust/card.h"

namespace mx::pack {

// document: the card as JSON, kept in the page.
[[nodiscard]] std::string card_page(const Card& card, const Lineage& lineage,
                                    const Sha256& identity, const Json& document);

}  // namespace mx::pack
