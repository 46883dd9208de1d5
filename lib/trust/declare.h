// SPDX-License-Identifier: Apache-2.0
// How a command is told whose its model is and what may be done with it.
#pragma once

#include <string>
#include <vector>

#include "base/fields.h"
#include "base/log.h"
#include "file/model.h"
#include "trust/licenses.h"

namespace mx {

struct RightsOptions {
  std::string name, owner, contact, responsible, license, permissions, output_terms;
  std::vector<std::string> notices;  // files
  std::string override_reason;
  bool may_name_file = true;  // --license; false for what did not come from the user

  // Kept in the file's head and the record, so not in the lineage's options.
  [[nodiscard]] Fields fields();
  // The licence as the table spells it; of a file its text, as a licence of one's own. Throws
  // Kind::usage for what is neither, Kind::input for a file that cannot be read; warns of a licence
  // that the table does not know.
  [[nodiscard]] Rights settle(const LicenseTable& table, Log& log) const;
};

// --override-permission, for commands that declare nothing.
[[nodiscard]] Field override_field(std::string& reason);

// The record says what was given. Throws Kind::input when the name that was given does not begin as
// the model's licences demand it.
void declare(Record& record, const Rights& given, const Rights& of_model,
             const LicenseTable& table);

}  // namespace mx
