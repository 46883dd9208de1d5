// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "data/gather.h"
#include "data/learn.h"
#include "data/prepare/choose_tokenizer.h"
#include "data/table.h"

namespace mx {
namespace {

using Cells = std::vector<std::string_view>;

// Where names are among `columns`, which must stay.
class ColumnPlaces {
 public:
  explicit ColumnPlaces(const std::vector<std::string>& columns) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto [found, fresh] = at_.emplace(columns[i], i);
      if (!fresh) found->second = kTwice;
    }
  }
  // SIZE_MAX: nowhere. Throws when it is there twice.
  [[nodiscard]] std::size_t find(const std::string& name, const std::string& file) const {
    const auto found = at_.find(name);
    if (found == at_.end()) return SIZE_MAX;
    if (found->second == kTwice) {
      throw Error{Kind::input, fmt::format("{}: the column {} stands twice", file, shown(name)),
                  "rename one of the two, or leave it out by naming the others with --features"};
    }
    return found->second;
  }

 private:
  static constexpr std::size_t kTwice = SIZE_MAX - 1;
  std::unordered_map<std::string_view, std::size_t> at_;
};

class TableLoader {
 public:
  TableLoader(const InputFiles& files, const Parts& parts, const DataOptions& options,
              const Schema* given, const TextReading* text, Loaded& loaded, Log& log)
      : files_(files),
        parts_(parts),
        options_(options),
        header_(given == nullptr ? options.header : given->header),
        context_(text == nullptr ? 0 : text->context),
        tokenizer_(text == nullptr ? nullptr : text->tokenizer),
        loaded_(loaded),
        log_(log) {}

  void learn() {
    choose_columns();
    std::vector<std::size_t> features(features_);
    std::vector<std::size_t> labels(names_.size() - features_);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      (i < features_ ? features[i] : labels[i - features_]) = i;
    }
    SchemaLearner learner({.task = options_.task,
                           .scaling = options_.scaling,
                           .header = header_,
                           .context = context_,
                           .max_memory = options_.max_memory},
                          names_, std::move(features), std::move(labels));
    std::unique_ptr<TokenizerTrainer> trainer;
    if (context_ > 0 && !tokenizer_) tokenizer_ = load_tokenizer(options_.tokenizer);
    if (context_ > 0 && !tokenizer_) {
      trainer = make_trainer(options_.tokenizer, static_cast<std::size_t>(options_.vocab));
    }
    walk_training([&](const Cells& cells) {
      learner.add(cells);
      if (trainer) trainer->add(cells.front());
    });
    if (trainer) tokenizer_ = trainer->finish();
    if (learner.needs_categories()) {
      walk_training([&](const Cells& cells) { learner.add_categories(cells); });
    }
    loaded_.schema = learner.finish();
    apply_input_shape(loaded_.schema, options_.input_shape);
    check_classes();
  }

  void encode() {
    const Schema& schema = loaded_.schema;
    if (tokenizer_) loaded_.tokenizer = tokenizer_->to_json();
    const std::size_t inputs = schema.inputs();
    const std::size_t targets = schema.targets.size();
    check_encoded(files_, parts_, inputs, targets, 0, options_);
    for (const Part part : {Part::train, Part::valid, Part::test}) {
      Dataset& data = *dataset_of(loaded_, part);
      data.inputs = inputs;
      data.outputs = targets;
      const std::size_t rows = rows_of(files_, parts_, part);
      data.x.reserve(checked_mul(rows, inputs, "the encoded data"));
      data.targets.reserve(checked_mul(rows, targets, "the encoded data"));
      if (schema.task == Task::classify) data.classes.reserve(rows);
    }
    std::optional<RowEncoder> encoder;
    std::uint64_t cut = 0;
    walk(
        [&](const InputFile& file, const RowSource& source) {
          if (encoder) cut += encoder->cut();
          open_encoder(encoder, file, source);
          return true;
        },
        [&](Part part, const Cells& cells) {
          Dataset& data = *dataset_of(loaded_, part);
          data.x.resize(data.x.size() + inputs);
          encoder->encode(cells, std::span(data.x).last(inputs));
          if (schema.task == Task::classify) {
            data.classes.push_back(encoder->label(cells));
          } else {
            data.targets.resize(data.targets.size() + targets);
            encoder->targets(cells, std::span(data.targets).last(targets));
          }
          ++data.rows;
        });
    cut += encoder->cut();
    if (cut > 0) {
      log_.info(fmt::format("{} texts are longer than {} tokens, and cut", cut, inputs));
    }
  }

 private:
  // Every row of every file that `open` says yes to, with its part; errors get their place.
  template <class Open, class Row>
  void walk(Open open, Row row) {
    std::size_t at = 0;
    Cells cells;
    for (const InputFile& file : files_.all()) {
      const std::unique_ptr<RowSource> source = open_rows(file, header_);
      const std::size_t begin = at;
      if (file.divided) at += static_cast<std::size_t>(file.count);
      if (!open(file, *source)) continue;
      std::uint64_t count = 0;
      for (; source->next(cells); ++count) {
        if (count == file.count) break;
        const Part part =
            file.divided ? parts_[begin + static_cast<std::size_t>(count)] : file.part;
        if (part == Part::none) continue;
        try {
          row(part, cells);
        } catch (const Error& error) {
          throw Error{error.kind(), source->place() + ": " + error.message(), error.hint()};
        }
      }
      if (count != file.count || source->next(cells)) {
        fail(Kind::input, "{} changed while it was read", file.rows.name());
      }
    }
  }

  // The chosen columns of the training rows, features first.
  template <class Row>
  void walk_training(Row row) {
    std::vector<std::size_t> places;
    Cells chosen(names_.size());
    walk(
        [&](const InputFile& file, const RowSource& source) {
          if (!file.divided && file.part != Part::train) return false;
          places = find_columns(file, source);
          return true;
        },
        [&](Part part, const Cells& cells) {
          if (part != Part::train) return;
          for (std::size_t i = 0; i < places.size(); ++i) chosen[i] = cells[places[i]];
          row(chosen);
        });
  }

  void choose_columns() {
    const InputFile& file = files_.all()[0];
    const std::unique_ptr<RowSource> source = open_rows(file, header_);
    const std::vector<std::string>& columns = source->columns();
    const std::string& name = file.rows.name();
    double number = 0;
    const bool numbers = std::all_of(columns.begin(), columns.end(),
                                     [&](const std::string& c) { return parse_number(c, number); });
    const bool text = file.rows.kind() == DataKind::csv || file.rows.kind() == DataKind::tsv;
    if (header_ && text && numbers) {
      log_.warn(
          fmt::format("the first line of {} is all numbers; --no-header reads it as a row", name));
    }
    std::vector<std::string> labels = parse_names(options_.label);
    if (labels.empty() && columns.size() > 1) {
      labels.push_back(columns.back());
      log_.info(fmt::format("the label is the last column, {}", printable(columns.back())));
    }
    if (options_.task == Task::classify && labels.size() > 1) {
      throw Error{Kind::usage, "--task classify has one label",
                  "several columns of numbers are predicted with --task regress"};
    }
    if (context_ > 0) {
      names_ = {text_column(columns, labels)};
    } else {
      names_ = parse_names(options_.features);
    }
    const ColumnPlaces places(columns);
    const auto check_known = [&](const std::string& wanted, std::string_view option) {
      if (places.find(wanted, name) == SIZE_MAX) unknown(wanted, columns, name, option);
    };
    for (const std::string& wanted : names_)
      check_known(wanted, context_ > 0 ? "--text" : "--features");
    for (const std::string& wanted : labels) check_known(wanted, "--label");
    const bool all = names_.empty();
    const std::unordered_set<std::string_view> apart(labels.begin(), labels.end());
    for (std::size_t i = 0; all && i < columns.size(); ++i) {
      if (!apart.contains(columns[i])) names_.push_back(columns[i]);
    }
    features_ = names_.size();
    names_.insert(names_.end(), labels.begin(), labels.end());
    if (features_ == 0 || labels.empty()) {
      throw Error{Kind::input,
                  fmt::format("{} has {} column{}: there is nothing to learn from", name,
                              columns.size(), columns.size() == 1 ? "" : "s"),
                  columns.size() == 1 && columns[0].find(';') != std::string::npos
                      ? "cells are divided by commas (.csv) or tabs (.tsv), not by semicolons"
                      : "rows need a feature and a label"};
    }
    std::vector<std::string> sorted = names_;
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end()) {
      fail(all ? Kind::input : Kind::usage, "{}: the column {} stands twice", name, shown(*twice));
    }
  }

  // --text; its usual name may be missing where there is one column besides the label.
  [[nodiscard]] std::string text_column(const std::vector<std::string>& columns,
                                        const std::vector<std::string>& labels) const {
    const DataOptions usual;
    if (options_.text != usual.text || std::ranges::count(columns, usual.text) > 0 ||
        columns.size() != 2) {
      return options_.text;
    }
    return columns[labels.front() == columns[0] ? 1 : 0];
  }

  [[noreturn]] static void unknown(const std::string& wanted,
                                   const std::vector<std::string>& columns, const std::string& file,
                                   std::string_view option) {
    const std::string close = did_you_mean(wanted, columns);
    std::string first = printable(columns.empty() ? "" : columns[0]);
    throw Error{Kind::usage, fmt::format("{}: {} has no column {}", option, file, shown(wanted)),
                !close.empty()        ? close
                : columns.size() == 1 ? "its only column is " + first
                                      : fmt::format("its {} columns are {} to {}", columns.size(),
                                                    first, printable(columns.back()))};
  }

  [[nodiscard]] std::vector<std::size_t> find_columns(const InputFile& file,
                                                      const RowSource& source) const {
    const ColumnPlaces known(source.columns());
    std::vector<std::size_t> places;
    for (const std::string& name : names_) {
      places.push_back(known.find(name, file.rows.name()));
      if (places.back() != SIZE_MAX) continue;
      throw Error{Kind::input,
                  fmt::format("{} has no column {}, which {} has", file.rows.name(), shown(name),
                              files_.all()[0].rows.name()),
                  did_you_mean(name, source.columns())};
    }
    return places;
  }

  void check_classes() {
    const std::size_t classes = loaded_.schema.classes.size();
    if (options_.task != Task::classify) return;
    if (classes == 1) {
      throw Error{
          Kind::input,
          fmt::format("all rows to train on have the label {}", shown(loaded_.schema.classes[0])),
          "name another column with --label"};
    }
    constexpr std::size_t kMany = 20;
    const std::size_t rows = rows_of(files_, parts_, Part::train);
    if (classes > kMany && 2 * classes > rows) {
      log_.warn(
          fmt::format("the column {} has {} different labels in {} rows; numbers are learned "
                      "with --task regress",
                      printable(loaded_.schema.label), classes, rows));
    }
  }

  void open_encoder(std::optional<RowEncoder>& encoder, const InputFile& file,
                    const RowSource& source) {
    try {
      encoder.emplace(loaded_.schema, source.columns(), tokenizer_.get());
    } catch (const Error& error) {
      throw Error{error.kind(), file.rows.name() + ": " + error.message(), error.hint()};
    }
    if (!encoder->has_labels()) {
      const Schema& schema = loaded_.schema;
      std::string names = schema.label;
      for (const Column& target : schema.targets)
        names += (names.empty() ? "" : ", ") + target.name;
      throw Error{Kind::input, fmt::format("{} has no label {}", file.rows.name(), shown(names)),
                  did_you_mean(names, source.columns())};
    }
    if (!encoder->extra().empty() && names_.empty()) {
      log_.verbose(fmt::format("{}: {} columns that the model does not know are passed over",
                               file.rows.name(), encoder->extra().size()));
    }
  }

  const InputFiles& files_;
  const Parts& parts_;
  const DataOptions& options_;
  bool header_;
  std::int64_t context_;  // above 0: the rows are texts
  std::shared_ptr<const Tokenizer> tokenizer_;
  Loaded& loaded_;
  Log& log_;
  std::vector<std::string> names_;  // features, then labels
  std::size_t features_ = 0;
};

}  // namespace

void load_tables(const InputFiles& files, const Parts& parts, const DataOptions& options,
                 const Schema* given, const TextReading* text, Loaded& loaded, Log& log) {
  TableLoader loader(files, parts, options, given, text, loaded, log);
  if (given == nullptr) {
    loader.learn();
  } else {
    loaded.schema = *given;
  }
  loader.encode();
}

}  // namespace mx
