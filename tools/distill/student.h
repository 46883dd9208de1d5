// SPDX-License-Identifier: Apache-2.0
// Who is taught: a network described in a file, made from the teacher's, or another model.
#pragma once

#include <cstdint>
#include <string>

#include "base/threads.h"
#include "file/model.h"

namespace mx {

// What --student says:
//   auto:N%     the teacher's network with narrower layers and at most N % of its parameters
//   FILE.yaml   mx-train's model keys (model, hidden, channels, activation, dropout), or the block
//               list itself
//   FILE.mx     that model's network, and its weights to begin with
// The result has family, network and, from a model, weights, lineage, rights and identity. Throws
// Kind::usage, with the file, when it is none of these or does not take the teacher's rows to its
// outputs.
[[nodiscard]] Model make_student(const std::string& text, const Model& teacher,
                                 std::uint64_t max_memory, ThreadPool& pool);

}  // namespace mx
