// SPDX-License-Identifier: Apache-2.0
// Models that teach another one, read from their files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/threads.h"
#include "file/reader.h"

namespace mx {

// Throws Kind::usage for a file without network or schema, and when they do not all read their rows
// alike: by one schema and one tokenizer.
[[nodiscard]] std::vector<Model> read_teachers(const std::vector<std::string>& paths,
                                               const ReadOptions& reading, ThreadPool& pool);
// That `teacher` reads its rows as `model` does; names both in the error.
void check_teacher(const Model& teacher, const std::string& path, const Model& model,
                   const std::string& other);
// That both read text by one tokenizer; the error says what differs. Networks may have more outputs
// than there are tokens, and different numbers of these.
void check_tokenizer(const Model& teacher, const std::string& path, const Model& model,
                     const std::string& other);

}  // namespace mx
