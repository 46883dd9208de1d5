// SPDX-License-Identifier: Apache-2.0
// What the verbs say alike about models: rows of a table, sizes, schemas.
#pragma once

#include <string>
#include <vector>

#include "base/fields.h"
#include "file/reader.h"

namespace mx::pack {

// Lines whose columns are as wide as their widest cell, two blanks between; no trailing blanks. The
// last column may stand to the right, for numbers.
enum class LastColumn { left, right };
[[nodiscard]] std::string aligned(const std::vector<std::vector<std::string>>& rows,
                                  LastColumn last = LastColumn::left);
// "64 numbers -> one of 10 classes (0, 1, 2, ...)"; empty for a null schema.
[[nodiscard]] std::string schema_line(const Json& schema);
// Bytes of all tensors as 32-bit floats (or as they are, without a network): what "raw" means.
[[nodiscard]] std::uint64_t raw_bytes(const Header& header);
// One object per tensor: name, dtype, shape, codec, bytes.
[[nodiscard]] Json tensors_json(const Overview& overview);
// --effort, in the options' group `group`.
[[nodiscard]] Fields effort_field(const char* group, Effort& effort);

}  // namespace mx::pack
