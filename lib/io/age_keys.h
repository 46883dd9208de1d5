// SPDX-License-Identifier: Apache-2.0
// Keys of age (C2SP, "age", "The X25519 recipient type"): whom files are sealed to, and what opens
// them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io/secret.h"

namespace mx::io {

using AgeRecipient = std::array<std::uint8_t, 32>;
// "age1...". Throws Kind::usage for anything else.
[[nodiscard]] AgeRecipient parse_recipient(const std::string& text);
[[nodiscard]] std::string to_text(const AgeRecipient& recipient);

// What opens sealed files. Wiped when it goes.
class AgeIdentity {
 public:
  [[nodiscard]] static AgeIdentity make();
  // "AGE-SECRET-KEY-1...". Throws Kind::input, with `name`, for anything else.
  [[nodiscard]] static AgeIdentity parse(std::string_view text, const std::string& name);
  [[nodiscard]] Secret text() const;
  [[nodiscard]] AgeRecipient recipient() const;
  [[nodiscard]] const SecretArray<32>& secret() const { return secret_; }

 private:
  AgeIdentity() = default;
  SecretArray<32> secret_;
};
// Of a file of identities, as age-keygen writes it: one a line, # for comments. Throws Kind::input,
// also where others than its owner may read it.
[[nodiscard]] std::vector<AgeIdentity> read_identities(const std::string& path);

struct AgeKeys {
  std::vector<AgeIdentity> identities = {};
  Secret passphrase = {};        // empty: none
  std::uint64_t max_memory = 0;  // that a passphrase may ask for; 0: what age allows
  [[nodiscard]] bool empty() const { return identities.empty() && passphrase.empty(); }
};

}  // namespace mx::io
