// SPDX-License-Identifier: Apache-2.0
// Text to train and measure language models on. A data file of `mx-train prepare` is used where it
// lies, in memory that does not grow with it. Raw text (text, JSON lines, CSV, TSV; also .gz and
// .zst) goes the same way, with every step of cleaning off, into a data file in memory.
#pragma once

#include <cstdint>
#include <memory>

#include "base/log.h"
#include "base/threads.h"
#include "data/dataset.h"
#include "text/tokenizer.h"

namespace mx {

// Whether --data names text: a data file, or a name that ends in .txt, .text or .md (also .gz and
// .zst).
[[nodiscard]] bool names_text(const DataOptions& options);

struct LanguageRequest {
  Task task = Task::lm;
  std::int64_t context = 0;
  std::shared_ptr<const Tokenizer> tokenizer;  // of a model that is gone on with
  std::uint64_t seed = 0;
};

// Parts of `loaded` are TokenRows; Loaded::tokenizer is set, and the schema is {"task", "input"}.
// --valid-fraction keeps the end of the text, as it comes; a data file was divided when it was
// prepared. Throws Kind::usage and Kind::input.
[[nodiscard]] Loaded load_language(const DataOptions& options, const LanguageRequest& request,
                                   ThreadPool& pool, Log& log);
// All text of --data in `test` (of a data file its test part, else its validation part, else all).
[[nodiscard]] Loaded load_language_for_evaluation(const DataOptions& options,
                                                  const LanguageRequest& request, ThreadPool& pool,
                                                  Log& log);
// The tokenizer of a model's header, as JSON: Header::extra["tokenizer"]. Null when it has none.
[[nodiscard]] Json tokenizer_json(const Header& header);
// How a conversation becomes a text, in Jinja: Header::extra["chat_template"]. Empty: not said.
[[nodiscard]] std::string chat_template_of(const Header& header);
// Whether the vectors that it makes of texts are of length 1: Header::extra["embedding"].
[[nodiscard]] bool normalizes_embeddings(const Header& header);
// Throws Kind::input when there is none.
[[nodiscard]] std::shared_ptr<const Tokenizer> tokenizer_of(const Header& header);

// What a model that exists is trained on further, or measured on: rows with its schema (learned
// from the rows when it has none), or text with its tokenizer. To be looked at, not measured on:
// the texts of a network that ends pooled and scores nothing, each a row, in `test`.
[[nodiscard]] Loaded load_training_data(const DataOptions& options, const Header& header,
                                        std::uint64_t seed, ThreadPool& pool, Log& log);
[[nodiscard]] Loaded load_evaluation_data(const DataOptions& options, const Header& header,
                                          ThreadPool& pool, Log& log);

}  // namespace mx
