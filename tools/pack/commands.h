// SPDX-License-Identifier: Apache-2.0
// The verbs of mx-pack, each in the file of its name.
#pragma once

#include <memory>

#include "cli/command.h"
#include "io/output.h"

namespace mx::pack {

using CommandPtr = std::unique_ptr<cli::Command>;

[[nodiscard]] CommandPtr pack_command();  // without a verb: a smaller file
[[nodiscard]] CommandPtr info_command();
[[nodiscard]] CommandPtr list_command();
[[nodiscard]] CommandPtr check_command();
[[nodiscard]] CommandPtr diff_command();
[[nodiscard]] CommandPtr extract_command();
[[nodiscard]] CommandPtr lineage_command();
[[nodiscard]] CommandPtr import_command();
[[nodiscard]] CommandPtr export_command();
[[nodiscard]] CommandPtr card_command();
[[nodiscard]] CommandPtr licenses_command();
[[nodiscard]] CommandPtr doctor_command();
[[nodiscard]] CommandPtr keygen_command();
[[nodiscard]] CommandPtr sign_command();
[[nodiscard]] CommandPtr verify_command();
[[nodiscard]] CommandPtr encrypt_command();
[[nodiscard]] CommandPtr decrypt_command();

[[nodiscard]] inline io::Existing existing(const cli::Session& session) {
  return session.common().force ? io::Existing::replace : io::Existing::refuse;
}

}  // namespace mx::pack
