// SPDX-License-Identifier: Apache-2.0
// Whose a model is, beside its tensors in a file of another program: for that program to show, and
// for mx-pack import to read back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "file/model.h"
#include "trust/licenses.h"

namespace mx::pack {

struct SaidRights {
  Rights rights;                       // license: as the table spells it; empty: it says none
  std::optional<Sha256> source;        // the model it was made of, as it says
  std::vector<std::string> overrides;  // what was done against licences, in words
};

// An object of strings: license and author for people, mx.rights (as a head has them), mx.identity
// and mx.overrides for import.
[[nodiscard]] Json to_metadata(const SaidRights& said);
// The same out of a file's metadata, which loses what import alone reads; `license`: what is said
// beside the file or under a name of its format. Where they differ, all licences count. Throws
// Kind::input for what to_metadata() would not write.
[[nodiscard]] SaidRights take_rights(Json& metadata, const std::string& license,
                                     const LicenseTable& table, Log& log);

}  // namespace mx::pack
