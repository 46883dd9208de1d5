// SPDX-License-Identifier: Apache-2.0
// Language models: one prompt's continuation as text, or a line out for each prompt in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/threads.h"
#include "file/model.h"
#include "infer/generate.h"
#include "io/output.h"

namespace mx::infer {

enum class PromptLines { by_first_character, text, jsonl };

inline constexpr std::size_t kMostLine = std::size_t{64} << 20U;
// The text of a line: all of it, or what the JSON object in it has under `key`. Throws Kind::input.
[[nodiscard]] std::string text_of_line(std::string_view line, PromptLines lines,
                                       std::string_view key);

struct Prompting {
  GenerateOptions options;
  std::string prompt;
  bool one = false;       // the continuation of `prompt` as plain text; else lines of files
  bool text = false;      // lines of text instead of {"text": ...}
  bool terminal = false;  // text goes to a terminal, which must not obey it
  PromptLines lines = PromptLines::by_first_character;
  std::uint64_t seed = 0;
};

// Prompts come from lines of `files`: {"prompt": ...} where a line begins with '{', else each line
// is a prompt, unless prompting.lines says which it is. Prompt n draws from stream n of the seed. A
// line that is no prompt gets {"error", "line"} in its place, and Kind::input at the end.
void answer_prompts(const Model& model, const Prompting& prompting,
                    const std::vector<std::string>& files, io::Output& out, ThreadPool& pool);

}  // namespace mx::infer
