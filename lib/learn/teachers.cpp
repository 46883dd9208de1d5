// SPDX-License-Identifier: Apache-2.0
#include "learn/teachers.h"

#include <algorithm>

#include "base/error.h"
#include "base/words.h"
#include "data/language.h"
#include "file/adapter.h"
#include "file/reader.h"
#include "infer/probe.h"
#include "text/tokenizer.h"

namespace mx {
namespace {

std::string token(const Tokenizer& tokenizer, TokenId id) {
  std::string out;
  tokenizer.append(id, /*first=*/false, out);
  return fmt::format("'{}'", printable(out));
}

// What two tokenizers that are not the same differ in.
std::string difference(const Header& a, const Header& b) {
  if (tokenizer_json(a).is_null() || tokenizer_json(b).is_null()) return "one has none";
  const std::shared_ptr<const Tokenizer> one = tokenizer_of(a), other = tokenizer_of(b);
  if (one->kind() != other->kind()) {
    return fmt::format("{} against {}", name_of(one->kind()), name_of(other->kind()));
  }
  for (TokenId id = 0; id < std::min(one->size(), other->size()); ++id) {
    const std::string here = token(*one, id), there = token(*other, id);
    if (here != there) return fmt::format("token {} is {} against {}", id, here, there);
  }
  if (one->size() != other->size()) {
    return fmt::format("{} tokens against {}", one->size(), other->size());
  }
  return "the same tokens, put together otherwise";
}

}  // namespace

void check_teacher(const Model& teacher, const std::string& path, const Model& model,
                   const std::string& other) {
  if (teacher.header.schema != model.header.schema) {
    fail(Kind::usage, "{} reads its rows otherwise than {} does: teachers must share one schema",
         printable(path), printable(other));
  }
  check_tokenizer(teacher, path, model, other);
}

void check_tokenizer(const Model& teacher, const std::string& path, const Model& model,
                     const std::string& other) {
  if (tokenizer_json(teacher.header) != tokenizer_json(model.header)) {
    throw Error{
        Kind::usage,
        fmt::format("{} reads text by another tokenizer than {}: {}", printable(path),
                    printable(other), difference(teacher.header, model.header)),
        "outputs are compared token by token; a student that is made for the teacher has its "
        "tokenizer"};
  }
}

std::vector<Model> read_teachers(const std::vector<std::string>& paths, const ReadOptions& reading,
                                 ThreadPool& pool) {
  std::vector<Model> out;
  for (const std::string& path : paths) {
    Model teacher = read_model(path, pool, reading);
    refuse_adapter(teacher.header, path);
    if (teacher.header.network.empty() || teacher.header.schema.is_null()) {
      fail(Kind::usage, "{} has no {}, so it cannot teach", printable(path),
           teacher.header.network.empty() ? "network" : "schema");
    }
    check_probes(teacher.header.network, teacher.weights, teacher.max_memory);
    if (!out.empty()) check_teacher(teacher, path, out.front(), paths.front());
    out.push_back(std::move(teacher));
  }
  return out;
}

}  // namespace mx
