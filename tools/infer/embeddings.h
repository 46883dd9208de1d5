// SPDX-License-Identifier: Apache-2.0
// mx-infer --embed: a vector for each line of text.
#pragma once

#include <string>
#include <vector>

#include "base/threads.h"
#include "file/model.h"
#include "infer/prompts.h"
#include "io/output.h"

namespace mx::infer {

// Texts are lines of `files`: {"text": ...} where a line begins with '{', else each line is one,
// unless `lines` says which it is. {"embedding": [...]} for each; one that could not be read gets
// {"error", "line"} in its place, and Kind::input at the end.
void embed_lines(const Model& model, PromptLines lines, const std::vector<std::string>& files,
                 io::Output& out, ThreadPool& pool);

}  // namespace mx::infer
