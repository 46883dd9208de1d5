// SPDX-License-Identifier: Apache-2.0
// Rows made ready to train on, in plain buffers, and how they are divided. Regular files are read
// again for each pass (counting, learning, encoding), so that memory holds the encoded rows and one
// row of text; what comes through a pipe is kept as it came.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/log.h"
#include "data/prepare/options.h"
#include "data/schema.h"
#include "data/split.h"
#include "data/token_rows.h"
#include "file/model.h"
#include "io/age_keys.h"
#include "text/tokenizer.h"

namespace mx {

// Windows of text go across the ends of documents; or they do, but no token sees another
// document's; or each row is one document. automatic: rows where documents have answers (of which
// only those are learned), else cross.
enum class Boundaries { automatic, cross, keep, rows };

struct DataOptions {
  std::vector<std::string> data, valid, test;  // files, repeatable
  std::string labels;                          // IDX labels beside IDX images in data
  std::string label, features, input_shape;    // COL[,COL...]; C,H,W
  Task task = Task::classify;
  bool header = true;  // --no-header
  Scaling scaling = Scaling::standard;
  double valid_fraction = 0;  // of the training rows, by seeded shuffle
  std::string fold;           // K/N
  // Text.
  std::string text = "text";                    // field or column that holds it
  std::string tokenizer = "bpe";                // byte, char, bpe, wordpiece, or a file
  std::int64_t vocab = 4096;                    // bpe, wordpiece
  DocumentRule documents = DocumentRule::file;  // what one document of a text file is
  Boundaries boundaries = Boundaries::automatic;
  std::string loss_after;  // score only what follows this in each document
  std::vector<std::string> data_license, data_source;  // one for all, or of each of `data`
  std::optional<std::int64_t> stride;                  // measuring: tokens from window to window
  io::AgeKeys keys = {};  // what opens sealed files; no field of its own
  // Of what is kept of the rows: pipes, arrays, labels, encoded rows. No field of its own; 0:
  // default_max_memory().
  std::uint64_t max_memory = 0;

  // training: all of them; otherwise only what a reader of rows needs (data, labels, label, fold,
  // no-header).
  Fields fields(bool training);
  // Takes from options as lineage keeps them those that had no say: of text where there was none,
  // and what a schema that was there already settles.
  void leave_out_idle(Json& options, bool text, bool settled);
};

struct Dataset {
  std::size_t rows = 0, inputs = 0;
  std::size_t outputs = 0;                       // regress: targets per row
  std::vector<float> x;                          // [rows, inputs], encoded by the schema
  std::vector<std::int64_t> classes;             // classify: [rows]
  std::vector<float> targets;                    // regress: [rows, outputs], scaled
  std::shared_ptr<const TokenRows> tokens = {};  // lm, mlm: these instead of all else; `inputs` is
                                                 // their context
};

// At most `most` row numbers below `rows`, evenly spaced.
[[nodiscard]] std::vector<std::size_t> spread_rows(std::size_t rows, std::size_t most);
// Those rows alone, in that order. Tokens stay where they lie.
[[nodiscard]] Dataset pick(const Dataset& data, const std::vector<std::size_t>& rows);

struct Loaded {
  Schema schema;
  Dataset train, valid, test;  // valid and test may have 0 rows
  std::vector<DataUsed> used;  // for the lineage
  Json tokenizer;              // of text; else null
};

// Rows whose one feature is a text.
struct TextReading {
  std::int64_t context = 0;                         // tokens of a row
  std::shared_ptr<const Tokenizer> tokenizer = {};  // none: trained on the training rows
};

// For training, of rows (language.h: of text). Reads every file, divides (fold: part K goes to
// `test`; then valid_fraction), learns the schema on the training rows only (or takes `given`),
// encodes. A row that cannot be read is an error with file and line. Which rows go where depends on
// the seed and the row's position only.
[[nodiscard]] Loaded load_for_training(const DataOptions& options, const Schema* given,
                                       std::uint64_t seed, Log& log,
                                       const TextReading* text = nullptr);
// For evaluation with a model's schema: all rows, or only part K with --fold; they come in `test`.
[[nodiscard]] Loaded load_for_evaluation(const DataOptions& options, const Schema& schema, Log& log,
                                         const TextReading* text = nullptr);

}  // namespace mx
