// SPDX-License-Identifier: Apache-2.0
// Files sealed by age, version 1 (C2SP, "The age file encryption format"): to X25519 recipients
// (age1...) or under a passphrase (scrypt); read in text armor, too. What is read was authenticated
// first: the header by its MAC, each 64 KiB of what is inside by ChaCha20-Poly1305 with its place
// and whether it is the last.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/age_keys.h"
#include "io/input.h"
#include "io/output.h"

namespace mx::io {

// What is in `raw` if that is sealed, else `raw` itself (of a pipe, its first 22 bytes are waited
// for). Without keys a sealed one is refused. A sealed regular file is read at any
// offset. Throws Kind::input when no key opens it and when its header was changed; whoever reads
// what was changed, cut or moved gets Kind::input in place of it. What scrypt asks for is bounded.
[[nodiscard]] std::unique_ptr<Input> unsealed(std::unique_ptr<Input> raw, const AgeKeys& keys);
// The same, but what is not sealed is refused (Kind::input).
[[nodiscard]] std::unique_ptr<Input> only_unsealed(std::unique_ptr<Input> raw, const AgeKeys& keys);
// Refuses (Kind::usage) what is sealed: for what cannot be kept sealed while it is read.
[[nodiscard]] std::unique_ptr<Input> not_sealed(std::unique_ptr<Input> raw,
                                                const std::string& hint);
[[nodiscard]] bool begins_sealed(ByteView start);

// To recipients, or else under a passphrase (not both). Whole with commit().
[[nodiscard]] std::unique_ptr<Output> sealed(std::unique_ptr<Output> to,
                                             const std::vector<AgeRecipient>& recipients,
                                             const Secret& passphrase);

}  // namespace mx::io
