// SPDX-License-Identifier: Apache-2.0
// The header of a file of age's (C2SP, "age", "Header"): the file's key, wrapped for each recipient
// (X25519) or under a passphrase (scrypt), and a MAC over all of it.
#pragma once

#include <string>
#include <vector>

#include "io/age_keys.h"
#include "io/age_parts.h"
#include "io/input.h"

namespace mx::io {

inline constexpr std::string_view kAgeVersion = "age-encryption.org/v1\n";

// Reads what stands behind the version, to where the parts begin. Throws Kind::input when no key
// opens it, when it was changed, and for a passphrase that costs more work than age's.
[[nodiscard]] AgeParts read_age_header(Input& in, const AgeKeys& keys);
// A header for a new file key, and `parts` of that key. To recipients, or else under a passphrase.
struct NewAgeHeader {
  std::string text;  // with the version and, behind it, the nonce
  AgeParts parts;
};
[[nodiscard]] NewAgeHeader make_age_header(const std::vector<AgeRecipient>& recipients,
                                           const Secret& passphrase);

}  // namespace mx::io
