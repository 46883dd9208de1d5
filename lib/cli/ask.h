// SPDX-License-Identifier: Apache-2.0
// Questions to whoever sits at the terminal.
#pragma once

#include <optional>
#include <string>

#include "io/secret.h"

namespace mx::cli {

// A passphrase, typed unseen at the terminal of this process, whatever its standard input is; asked
// for twice where it is new. Nothing where there is no terminal. Throws Kind::usage when it is
// empty or the two differ, or when the question was cancelled. A signal that ends or stops the
// process finds the terminal as it was before the question; when it goes on, it asks again.
[[nodiscard]] std::optional<io::Secret> ask_passphrase(const std::string& what, bool is_new);

}  // namespace mx::cli
