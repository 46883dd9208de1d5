// SPDX-License-Identifier: Apache-2.0
#include "learn/teachers.h"

#include "base/words.h"
#include "data/language.h"
#include "file/adapter.h"
#include "file/reader.h"

namespace mx {

void check_teacher(const Model& teacher, const std::string& path, const Model& model,
                   const std::string& other) {
  if (teacher.header.schema != model.header.schema) {
    fail(Kind::usage, "{} reads its rows otherwise than {} does: teachers must share one schema",
         printable(path), printable(other));
  }
  if (tokenizer_json(teacher.header) != tokenizer_json(model.header)) {
    fail(Kind::usage, "{} reads text by another tokenizer than {}", printable(path),
         printable(other));
  }
}

std::vector<Model> read_teachers(const std::vector<std::string>& paths, std::uint64_t max_memory,
                                 ThreadPool& pool) {
  std::vector<Model> out;
  for (const std::string& path : paths) {
    Model teacher = read_model(path, pool, {.max_memory = max_memory});
    refuse_adapter(teacher.header, path);
    if (teacher.header.network.empty() || teacher.header.schema.is_null()) {
      fail(Kind::usage, "{} has no {}, so it cannot teach", printable(path),
           teacher.header.network.empty() ? "network" : "schema");
    }
    if (!out.empty()) check_teacher(teacher, path, out.front(), paths.front());
    out.push_back(std::move(teacher));
  }
  return out;
}

}  // namespace mx
