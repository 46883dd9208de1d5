// SPDX-License-Identifier: Apache-2.0
// What a file promises beyond the container's own rules.
#pragma once

#include <string>

#include "file/model.h"

namespace mx::pack {

// The network takes and gives what the schema says. Throws Kind::input.
void check_schema(const Model& model);
// Its tokenizer, if there is one, can be made. Throws Kind::input.
void check_tokenizer(const Model& model);
// Of a cache, every piece of the teacher's outputs is as it must be; takes its tensors. Of other
// files nothing. Throws Kind::input.
void check_pieces(Model&& model, const std::string& path);

}  // namespace mx::pack
