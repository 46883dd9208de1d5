// SPDX-License-Identifier: Apache-2.0
// Between the options and the encoded rows: which files, which columns, which rows. Inside data/
// only; everyone else loads through data/dataset.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/data_file.h"
#include "data/dataset.h"
#include "data/rows.h"

namespace mx {

struct InputFile {
  DataFile rows;
  std::optional<DataFile> labels;  // beside images and arrays
  Part part = Part::train;         // of its rows, unless they are divided
  bool divided = false;
  std::uint64_t count = 0;  // rows
};

// The files in the order of the options, all of images or none. Labels are looked for: those of
// images always, those of arrays when --labels names them. Counts the rows.
class InputFiles {
 public:
  // divided: whether the rows of --data are; their part otherwise is `part`.
  InputFiles(const DataOptions& options, bool divided, Part part, bool header);
  [[nodiscard]] const std::vector<InputFile>& all() const { return files_; }
  [[nodiscard]] bool images() const { return images_; }
  [[nodiscard]] std::uint64_t divided_rows() const;

 private:
  void add(const std::vector<std::string>& paths, Part part, const std::string& labels,
           bool divided);

  io::AgeKeys keys_;
  std::uint64_t max_memory_ = 0;
  std::vector<InputFile> files_;
  bool images_ = false;
};

// Part of each row of the divided files, one file after another.
using Parts = std::vector<Part>;

// How many rows are in `part`.
[[nodiscard]] std::size_t rows_of(const InputFiles& files, const Parts& parts, Part part);

// Throws Kind::input when the encoded rows of all parts and `besides` bytes take more memory than
// the options allow.
void check_encoded(const InputFiles& files, const Parts& parts, std::size_t inputs,
                   std::size_t targets, std::uint64_t besides, const DataOptions& options);

// Rows of a table or an array, with the column "label" behind them where labels lie in a file.
[[nodiscard]] std::unique_ptr<RowSource> open_rows(const InputFile& file, bool header);
// Names in an option: divided by commas, quoted as in CSV where they hold one.
[[nodiscard]] std::vector<std::string> parse_names(std::string_view text);
// Gives rows the shape of --input-shape; nothing when it is empty. Throws Kind::usage.
void apply_input_shape(Schema& schema, const std::string& text);
// The dataset of a part (none for Part::none).
[[nodiscard]] Dataset* dataset_of(Loaded& loaded, Part part);

// Fill `train`, `valid` and `test` and learn `schema` (given == nullptr) or take it. `text`: the
// rows are texts; its tokenizer, or the one that is trained, comes as loaded.tokenizer.
void load_tables(const InputFiles& files, const Parts& parts, const DataOptions& options,
                 const Schema* given, const TextReading* text, Loaded& loaded, Log& log);
void load_images(const InputFiles& files, const Parts& parts, const DataOptions& options,
                 const Schema* given, Loaded& loaded);

}  // namespace mx
