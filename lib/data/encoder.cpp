// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "base/words.h"
#include "data/schema.h"
#include "data/table.h"

namespace mx {
namespace {

constexpr std::size_t kNowhere = SIZE_MAX;

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 5;
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    out += (i == 0 ? "" : ", ") + printable(names[i]);
  }
  if (names.size() > kShown) out += fmt::format(" and {} more", names.size() - kShown);
  return out;
}

float scaled(const Column& column, double value) {
  return static_cast<float>((value - column.mean) / column.scale);
}

[[noreturn]] void no_number(const Column& column, std::string_view cell) {
  fail(Kind::input, "{} in column {} is not a number", shown(cell), printable(column.name));
}

}  // namespace

std::string shown(std::string_view cell) {
  constexpr std::size_t kShown = 40;
  const bool cut = cell.size() > kShown;
  return fmt::format("'{}{}'", printable(cell.substr(0, kShown)), cut ? "..." : "");
}

RowEncoder::RowEncoder(const Schema& schema, std::span<const std::string> columns,
                       const Tokenizer* tokenizer)
    : schema_(&schema), columns_(columns.size()) {
  if (schema.source == Schema::Source::image) {
    throw Error{Kind::input, "the model takes images, not rows of a table",
                "give it IDX or .npy files of images"};
  }
  if (schema.source == Schema::Source::text) {
    if (tokenizer == nullptr) fail(Kind::input, "the model has no tokenizer to read text with");
    text_.emplace(*tokenizer);
  }
  std::unordered_map<std::string_view, std::size_t> at;
  std::vector<bool> used(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::size_t place = at.emplace(columns[i], i).first->second;
    if (place != i) at[columns[i]] = kNowhere;  // stands twice
  }
  std::vector<std::string> missing;
  const auto find = [&](const std::string& name) {
    const auto found = at.find(name);
    if (found == at.end()) return kNowhere;
    if (found->second == kNowhere) {
      fail(Kind::input, "the column {} stands twice", printable(name));
    }
    used[found->second] = true;
    return found->second;
  };
  for (const std::string& name : wanted()) {
    feature_at_.push_back(find(name));
    if (feature_at_.back() == kNowhere) missing.push_back(name);
  }
  if (!missing.empty()) {
    std::vector<std::string> unused;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (!used[i]) unused.push_back(columns[i]);
    }
    const std::string close = closest(missing[0], unused);
    const std::string hint =
        close.empty()
            ? "the rows need every column that the model was trained on"
            : fmt::format("is {} called {} here", printable(missing[0]), printable(close));
    throw Error{Kind::input,
                fmt::format("the column{} {} {} missing", missing.size() == 1 ? "" : "s",
                            listed(missing), missing.size() == 1 ? "is" : "are"),
                hint};
  }
  if (schema.task == Task::classify) label_at_.push_back(find(schema.label));
  for (const Column& column : schema.targets) label_at_.push_back(find(column.name));
  has_labels_ = std::find(label_at_.begin(), label_at_.end(), kNowhere) == label_at_.end();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!used[i]) extra_.push_back(columns[i]);
  }
  for (std::size_t i = 0; i < schema.classes.size(); ++i) {
    classes_.emplace(schema.classes[i], static_cast<std::int64_t>(i));
  }
}

std::vector<std::string> RowEncoder::wanted() const {
  if (text_) return {schema_->text};
  std::vector<std::string> names;
  for (const Column& column : schema_->features) names.push_back(column.name);
  return names;
}

void RowEncoder::check(std::span<const std::string_view> cells) const {
  if (cells.size() != columns_) {
    fail(Kind::input, "{} cells for {} columns", cells.size(), columns_);
  }
}

void RowEncoder::encode(std::span<const std::string_view> cells, std::span<float> x) {
  check(cells);
  if (x.size() != schema_->inputs()) fail(Kind::failed, "an encoded row has another size");
  if (text_) {
    if (!text_->encode(cells[feature_at_.front()], x)) ++cut_;
    return;
  }
  std::size_t at = 0;
  for (std::size_t i = 0; i < feature_at_.size(); ++i) {
    const Column& column = schema_->features[i];
    const std::string_view cell = trimmed(cells[feature_at_[i]]);
    if (column.numeric) {
      double value = 0;
      const bool present = parse_number(cell, value);
      if (!present && !is_missing(cell)) no_number(column, cell);
      x[at++] = present ? scaled(column, value) : 0.0F;
      if (column.missing) x[at++] = present ? 0.0F : 1.0F;
      continue;
    }
    const std::vector<std::string>& categories = column.categories;
    std::fill_n(x.begin() + static_cast<std::ptrdiff_t>(at), categories.size(), 0.0F);
    const auto found = std::lower_bound(categories.begin(), categories.end(), cell);
    if (!is_missing(cell) && found != categories.end() && *found == cell) {
      x[at + static_cast<std::size_t>(found - categories.begin())] = 1.0F;
    }
    at += categories.size();
  }
}

std::int64_t RowEncoder::label(std::span<const std::string_view> cells) const {
  check(cells);
  if (!has_labels_) fail(Kind::input, "the label column {} is missing", printable(schema_->label));
  const std::string_view cell = trimmed(cells[label_at_.at(0)]);
  const auto found = classes_.find(cell);
  if (found != classes_.end()) return found->second;
  if (cell.empty()) fail(Kind::input, "the label {} is missing", printable(schema_->label));
  const std::string close = did_you_mean(cell, schema_->classes);
  throw Error{Kind::input,
              fmt::format("{} in column {} is none of the model's {} classes", shown(cell),
                          printable(schema_->label), schema_->classes.size()),
              close.empty() ? "classes are learned from the rows to train on" : close};
}

void RowEncoder::targets(std::span<const std::string_view> cells, std::span<float> y) const {
  check(cells);
  if (y.size() != label_at_.size()) fail(Kind::failed, "a row of targets has another size");
  for (std::size_t i = 0; i < label_at_.size(); ++i) {
    const Column& column = schema_->targets[i];
    if (label_at_[i] == kNowhere) {
      fail(Kind::input, "the label column {} is missing", printable(column.name));
    }
    const std::string_view cell = cells[label_at_[i]];
    if (is_missing(cell)) fail(Kind::input, "the label {} is missing", printable(column.name));
    double value = 0;
    if (!parse_number(cell, value)) no_number(column, cell);
    y[i] = scaled(column, value);
  }
}

}  // namespace mx
