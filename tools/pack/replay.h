// SPDX-License-Identifier: Apache-2.0
// A shell script that makes a model again out of what it was made from.
#pragma once

#include <string>

#include "file/reader.h"

namespace mx::pack {

// The script finds data by SHA-256, and models that no record made by identity, under --with DIR,
// runs each step and holds its result to the identity it had. The model's records are hostile: no
// word of theirs is read as a command, as a file's name or as an option that does not change the
// result (the tools see to that with --result-config), and a permission that was overridden is
// overridden again only when the script is told so. Throws Kind::input with the step that cannot be
// repeated: of a file older than format version 5, of a search, of a tokenizer or student that came
// from a file, with an option that is none.
[[nodiscard]] std::string replay_script(const Overview& overview, const std::string& name);

}  // namespace mx::pack
