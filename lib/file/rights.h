// SPDX-License-Identifier: Apache-2.0
// Whose a model is and what may be done with it: as a file's head says it, and as a model made from
// others inherits it. How it is given: trust/declare.h.
#pragma once

#include <cstdint>
#include <vector>

#include "file/model.h"

namespace mx {

// Keys that hold nothing are left out.
[[nodiscard]] Json to_json(const Rights& rights);
// Throws Kind::input for what that version of the format does not know.
[[nodiscard]] Rights rights_from_json(const Json& json, std::uint64_t version);

// The name is what is given, or that of an only parent. Owner, contact, who is responsible: as
// given, else the parents', joined by "; " where they differ. Licence: the conditions of all
// parents and of what is given (all_licenses), so that nobody gets more than each of them allows.
// Terms for outputs, notices and own licences: all of them.
[[nodiscard]] Rights inherit_rights(const std::vector<Rights>& parents, const Rights& given);

}  // namespace mx
