// SPDX-License-Identifier: Apache-2.0
// Who is taught: a network described in a file, made from the teacher's, or another model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/threads.h"
#include "data/dataset.h"
#include "file/reader.h"

namespace mx {

// What --student says:
//   auto:N%     cut out of the teacher (learn/cut_student.h), with at most N % of its parameters
//   FILE.yaml   mx-train's model keys (model, hidden, channels, activation, dropout), or the block
//               list itself
//   FILE.mx     that model's network, and its weights to begin with
// The result has family, network and, cut or from a model, weights; from a model, lineage, rights
// and identity too. Throws Kind::usage, with the file, when it is none of these or does not take
// the teacher's rows to its outputs. data: the teacher's training rows, on which what is cut is
// judged.
struct StudentJob {
  const std::string& text;
  const Model& teacher;
  const Loaded& data;
  std::size_t threads = 1;
  std::optional<Model> given = {};  // student_model's
};
// The model of a FILE.mx, so that it is known before any data is opened; else none.
[[nodiscard]] std::optional<Model> student_model(const std::string& text,
                                                 const ReadOptions& reading, ThreadPool& pool);
[[nodiscard]] Model make_student(StudentJob job, ThreadPool& pool, Log& log);

}  // namespace mx
