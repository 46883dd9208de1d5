// SPDX-License-Identifier: Apache-2.0
#include "data/gather.h"

#include <algorithm>
#include <charconv>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "data/images.h"
#include "data/table.h"
#include "file/memory.h"

namespace mx {
namespace {

constexpr std::string_view kLabel = "label";  // the column of labels that lie in a file

class LabelledRows final : public RowSource {
 public:
  LabelledRows(std::unique_ptr<RowSource> rows, std::vector<std::string> labels, std::string name)
      : rows_(std::move(rows)),
        labels_(std::move(labels)),
        name_(std::move(name)),
        columns_(rows_->columns()) {
    columns_.emplace_back(kLabel);
  }
  [[nodiscard]] const std::vector<std::string>& columns() const override { return columns_; }
  bool next(std::vector<std::string_view>& cells) override {
    const bool more = rows_->next(cells);
    if (more != (at_ < labels_.size())) {
      fail(Kind::input, "{} holds {} labels; there are {} rows", name_, labels_.size(),
           more ? "more" : "fewer");
    }
    if (more) cells.emplace_back(labels_[at_++]);
    return more;
  }
  [[nodiscard]] std::uint64_t line() const override { return rows_->line(); }
  [[nodiscard]] bool buffered() const override { return rows_->buffered(); }
  [[nodiscard]] std::string place() const override { return rows_->place(); }

 private:
  std::unique_ptr<RowSource> rows_;
  std::vector<std::string> labels_;
  std::string name_;
  std::vector<std::string> columns_;
  std::size_t at_ = 0;
};

// Bytes of an encoded row, at least: an input and what is asked for.
constexpr std::size_t kLeastRow = sizeof(float) + sizeof(std::int64_t);

}  // namespace

InputFiles::InputFiles(const DataOptions& options, bool divided, Part part, bool header) {
  if (options.data.empty())
    throw Error{Kind::usage, "no data is given", "name it with --data FILE"};
  if (!options.labels.empty() && options.data.size() > 1) {
    throw Error{Kind::usage, "--labels goes with one file of --data",
                "without it, the labels beside a file are found by MNIST's names: "
                "NAME-images-idx3-ubyte, NAME-labels-idx1-ubyte"};
  }
  keys_ = options.keys;
  max_memory_ = options.max_memory;
  add(options.data, part, options.labels, divided);
  add(options.valid, Part::valid, "", false);
  add(options.test, Part::test, "", false);
  std::vector<std::string_view> cells;
  for (InputFile& file : files_) {
    if (images_) {
      file.count = count_images(file.rows);
      continue;
    }
    const std::unique_ptr<RowSource> rows = open_rows(file, header);
    while (rows->next(cells)) {
      if (++file.count % 65536 != 0) continue;
      check_memory(fmt::format("{}: {} rows", file.rows.name(), file.count),
                   checked_mul(file.count, kLeastRow, "the rows"), max_memory_);
    }
  }
}

void InputFiles::add(const std::vector<std::string>& paths, Part part, const std::string& labels,
                     bool divided) {
  for (const std::string& path : paths) {
    InputFile file{DataFile(path, keys_, max_memory_), std::nullopt, part, divided, 0};
    const bool images = holds_images(file.rows);
    if (files_.empty()) images_ = images;
    if (images != images_) {
      fail(Kind::usage, "{} holds {}, {} {}", file.rows.name(), images ? "images" : "rows",
           files_[0].rows.name(), images_ ? "images" : "rows");
    }
    if (!images && !labels.empty() && file.rows.kind() != DataKind::npy) {
      throw Error{Kind::usage,
                  fmt::format("{} is a table: its labels are a column", file.rows.name()),
                  "name the column with --label"};
    }
    if (images || !labels.empty()) {
      file.labels.emplace(labels_path(path, labels), keys_, max_memory_);
    }
    files_.push_back(std::move(file));
  }
}

std::uint64_t InputFiles::divided_rows() const {
  std::uint64_t count = 0;
  for (const InputFile& file : files_) count += file.divided ? file.count : 0;
  return count;
}

std::size_t rows_of(const InputFiles& files, const Parts& parts, Part part) {
  auto rows = static_cast<std::size_t>(std::count(parts.begin(), parts.end(), part));
  for (const InputFile& file : files.all()) {
    if (!file.divided && file.part == part) rows += static_cast<std::size_t>(file.count);
  }
  return rows;
}

void check_encoded(const InputFiles& files, const Parts& parts, std::size_t inputs,
                   std::size_t targets, std::uint64_t besides, const DataOptions& options) {
  const std::size_t row =
      checked_add(checked_mul(checked_add(inputs, targets, "a row"), sizeof(float), "a row"),
                  sizeof(std::int64_t), "a row");
  std::size_t rows = 0;
  for (const Part part : {Part::train, Part::valid, Part::test})
    rows += rows_of(files, parts, part);
  check_memory(fmt::format("{}: {} rows of {} numbers", files.all()[0].rows.name(), rows, inputs),
               checked_add(checked_mul(rows, row, "the encoded data"),
                           static_cast<std::size_t>(besides), "the encoded data"),
               options.max_memory);
}

std::unique_ptr<RowSource> open_rows(const InputFile& file, bool header) {
  std::unique_ptr<RowSource> rows = open_rows(file.rows.open(), header, file.rows.max_memory());
  if (!file.labels) return rows;
  return std::make_unique<LabelledRows>(std::move(rows), read_labels(*file.labels),
                                        file.labels->name());
}

std::vector<std::string> parse_names(std::string_view text) {
  const std::unique_ptr<io::Input> in = io::memory_input(view(text), "the list of columns");
  TableReader reader(*in, TableFormat::csv);
  std::vector<std::string_view> cells;
  std::vector<std::string> out;
  if (reader.next(cells)) {
    for (const std::string_view cell : cells) out.emplace_back(trimmed(cell));
  }
  return out;
}

void apply_input_shape(Schema& schema, const std::string& text) {
  if (text.empty()) return;
  Shape shape;
  for (const std::string& part : split(text, ',')) {
    std::int64_t size = 0;
    const auto [at, status] = std::from_chars(part.data(), part.data() + part.size(), size);
    if (status != std::errc() || at != part.data() + part.size() || size < 1 ||
        size > static_cast<std::int64_t>(kMostInputs)) {
      shape.clear();
      break;
    }
    shape.push_back(size);
  }
  if (shape.size() != 3) {
    throw Error{Kind::usage, fmt::format("--input-shape does not know '{}'", printable(text)),
                "write channels, height and width: 1,28,28"};
  }
  if (element_count(shape) != schema.inputs()) {
    throw Error{Kind::usage,
                fmt::format("--input-shape {} is {} numbers, but a row is {}", text,
                            element_count(shape), schema.inputs()),
                "columns are told apart with --features and --label"};
  }
  schema.input = std::move(shape);
}

Dataset* dataset_of(Loaded& loaded, Part part) {
  switch (part) {
    case Part::train:
      return &loaded.train;
    case Part::valid:
      return &loaded.valid;
    case Part::test:
      return &loaded.test;
    case Part::none:
      break;
  }
  return nullptr;
}

}  // namespace mx
