// SPDX-License-Identifier: Apache-2.0
#include "data/dataset.h"

#include <algorithm>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "data/gather.h"
#include "file/memory.h"

namespace mx {
namespace {

std::string_view role_of(const InputFile& file) {
  if (file.part == Part::train) return "train";
  return file.part == Part::valid ? "valid" : "test";
}

std::vector<DataUsed> data_used(const InputFiles& files, const DataOptions& options) {
  std::vector<DataUsed> out;
  PrepareOptions::check_said(options.data_license, options.data.size(), "data-license");
  PrepareOptions::check_said(options.data_source, options.data.size(), "data-source");
  for (std::size_t number = 0; number < files.all().size(); ++number) {  // --data come first
    const InputFile& file = files.all()[number];
    const auto add = [&](const DataFile& data, std::string_view role) {
      out.push_back({data.digest(), file.count, std::string(role),
                     PrepareOptions::said_of(options.data_license, number),
                     PrepareOptions::said_of(options.data_source, number)});
    };
    add(file.rows, role_of(file));
    if (file.labels) add(*file.labels, "labels");
  }
  return out;
}

// --label is accepted wherever rows are read, and must agree with the model.
void check_label(const Schema& schema, const std::string& text) {
  if (text.empty()) return;
  std::vector<std::string> own;
  if (schema.task == Task::classify) own.push_back(schema.label);
  for (const Column& target : schema.targets) own.push_back(target.name);
  if (parse_names(text) == own) return;
  std::string names;
  for (const std::string& name : own) names += (names.empty() ? "" : ",") + name;
  throw Error{Kind::usage,
              fmt::format("--label {} does not agree with the model, which predicts {}",
                          printable(text), printable(names)),
              "leave --label out"};
}

void load(const InputFiles& files, const Parts& parts, const DataOptions& options,
          const Schema* given, const TextReading* text, Loaded& loaded, Log& log) {
  if (files.images()) {
    load_images(files, parts, options, given, loaded);
  } else {
    load_tables(files, parts, options, given, text, loaded, log);
  }
  loaded.used = data_used(files, options);
}

// A part for each row and, while they are shuffled, its number.
Parts divide_rows(const InputFiles& files, const Fold& fold, double valid_fraction,
                  std::uint64_t seed, std::uint64_t max_memory) {
  const std::uint64_t rows = files.divided_rows();
  check_memory(fmt::format("{}: the parts of {} rows", files.all()[0].rows.name(), rows),
               checked_mul(rows, sizeof(Part) + sizeof(std::size_t), "the rows"), max_memory);
  return divide(rows, fold, valid_fraction, seed);
}

// Some rows of others.
class PickedRows final : public TokenRows {
 public:
  PickedRows(std::shared_ptr<const TokenRows> all, std::vector<std::size_t> rows)
      : all_(std::move(all)), rows_(std::move(rows)) {}
  [[nodiscard]] std::uint64_t rows() const override { return rows_.size(); }
  [[nodiscard]] std::optional<std::uint64_t> bytes_of(std::int32_t token) const override {
    return all_->bytes_of(token);
  }
  [[nodiscard]] std::uint64_t context() const override { return all_->context(); }
  [[nodiscard]] Rules rules() const override { return all_->rules(); }
  void read(std::uint64_t row, std::uint64_t shift, const Row& to) const override {
    all_->read(rows_.at(row), shift, to);
  }

 private:
  std::shared_ptr<const TokenRows> all_;
  std::vector<std::size_t> rows_;
};

}  // namespace

std::vector<std::size_t> spread_rows(std::size_t rows, std::size_t most) {
  std::vector<std::size_t> out(std::min(rows, most));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = i * rows / out.size();
  return out;
}

Dataset pick(const Dataset& data, const std::vector<std::size_t>& rows) {
  Dataset out;
  out.rows = rows.size();
  out.inputs = data.inputs;
  out.outputs = data.outputs;
  if (data.tokens) out.tokens = std::make_shared<const PickedRows>(data.tokens, rows);
  const auto copy = [&](const auto& from, auto& to, std::size_t width) {
    if (from.empty()) return;
    for (const std::size_t row : rows) {
      const auto begin = from.begin() + static_cast<std::ptrdiff_t>(row * width);
      to.insert(to.end(), begin, begin + static_cast<std::ptrdiff_t>(width));
    }
  };
  copy(data.x, out.x, data.inputs);
  copy(data.classes, out.classes, 1);
  copy(data.targets, out.targets, data.outputs);
  return out;
}

Loaded load_for_training(const DataOptions& options, const Schema* given, std::uint64_t seed,
                         Log& log, const TextReading* text) {
  const Fold fold = parse_fold(options.fold);
  if (fold.count > 0 && !options.test.empty()) {
    fail(Kind::usage, "--fold and --test both say what to test on: give one of them");
  }
  if (options.valid_fraction > 0 && !options.valid.empty()) {
    fail(Kind::usage,
         "--valid and --valid-fraction both say what to validate on: give one of them");
  }
  if (given != nullptr) check_label(*given, options.label);
  const InputFiles files(options, true, Part::train,
                         given == nullptr ? options.header : given->header);
  const Parts parts = divide_rows(files, fold, options.valid_fraction, seed, options.max_memory);
  Loaded loaded;
  load(files, parts, options, given, text, loaded, log);
  if (loaded.train.rows == 0) fail(Kind::input, "there are no rows to train on");
  std::string line = fmt::format("{} rows to train on, {}{} {} each", loaded.train.rows,
                                 text != nullptr ? "up to " : "", loaded.schema.inputs(),
                                 text != nullptr ? "tokens" : "numbers");
  if (loaded.schema.task == Task::classify)
    line += fmt::format(", {} classes", loaded.schema.classes.size());
  if (loaded.valid.rows > 0) line += fmt::format("; {} to validate", loaded.valid.rows);
  if (loaded.test.rows > 0) line += fmt::format("; {} to test", loaded.test.rows);
  log.info(line);
  return loaded;
}

Loaded load_for_evaluation(const DataOptions& options, const Schema& schema, Log& log,
                           const TextReading* text) {
  const Fold fold = parse_fold(options.fold);
  check_label(schema, options.label);
  DataOptions only = options;
  only.valid.clear();
  only.test.clear();
  only.task = schema.task;
  const InputFiles files(only, fold.count > 0, Part::test, schema.header);
  Parts parts = divide_rows(files, fold, 0, 0, options.max_memory);
  for (Part& part : parts) {
    if (part == Part::train) part = Part::none;
  }
  Loaded loaded;
  load(files, parts, only, &schema, text, loaded, log);
  if (loaded.test.rows == 0) fail(Kind::input, "there are no rows to evaluate on");
  return loaded;
}

}  // namespace mx
