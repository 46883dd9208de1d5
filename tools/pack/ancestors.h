// SPDX-License-Identifier: Apache-2.0
// What a model's history names by digest: models and data, and which of them lie in a folder.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "file/reader.h"

namespace mx::pack {

struct Ancestor {
  Sha256 digest = {};
  bool is_data = false;
  std::string role;     // "teacher", "train"
  std::string used_by;  // the operation
};
// Each parent and each data file once, with its first use, oldest first; and the base of a model
// that is stored as differences, or of an adapter.
[[nodiscard]] std::vector<Ancestor> ancestors(const Overview& overview);

// Those whose digest begins with `digits`, 8 to 64 hexadecimal ones; throws Kind::usage for others.
[[nodiscard]] std::vector<Ancestor> ancestors_like(const Overview& overview,
                                                   std::string_view digits);

// Paths of the files under a folder (symbolic links to folders are not followed) by digest: models
// by identity, which every byte of theirs is held against, all by SHA-256. Throws Kind::input when
// the folder cannot be read; a file that cannot is left out.
[[nodiscard]] std::map<Sha256, std::string> files_by_digest(const std::string& folder);

// The history as a graph in Graphviz's language.
[[nodiscard]] std::string dot(const Overview& overview, const std::string& name);

}  // namespace mx::pack
