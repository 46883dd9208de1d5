// SPDX-License-Identifier: Apache-2.0
// Whose a model is and under which licence: said by whoever makes it, inherited from its parents.
#pragma once

#include <vector>

#include "base/fields.h"
#include "file/model.h"

namespace mx {

// --license, --owner, --contact. Kept in the file's head, so not in the lineage's options.
[[nodiscard]] Fields rights_fields(Rights& rights);

// Owner and contact: as given, else the parents', joined by "; " where they differ. Licence: the
// conditions of all parents and of what is given, as an SPDX "AND" of the different ones, so that
// nobody gets more than each of them allows.
[[nodiscard]] Rights inherit_rights(const std::vector<const Rights*>& parents, const Rights& given);

}  // namespace mx
