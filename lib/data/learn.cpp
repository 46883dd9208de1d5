// SPDX-License-Identifier: Apache-2.0
#include "data/learn.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "base/words.h"
#include "data/table.h"
#include "data/words.h"
#include "file/memory.h"

namespace mx {
double few_digits(double value, double tolerance) {
  for (int digits = 1; digits <= 17; ++digits) {
    const std::string text = fmt::format("{:.{}g}", value, digits);
    double rounded = value;
    std::from_chars(text.data(), text.data() + text.size(), rounded);
    if (std::fabs(rounded - value) <= tolerance) return rounded;
  }
  return value;
}

void SchemaLearner::Numbers::add(double value) {
  if (count == 0) first = low = high = value;
  ++count;
  sum += value - first;
  squares += (value - first) * (value - first);
  low = std::min(low, value);
  high = std::max(high, value);
}

SchemaLearner::SchemaLearner(const LearnOptions& options, std::span<const std::string> columns,
                             std::vector<std::size_t> features, std::vector<std::size_t> labels)
    : options_(options),
      names_(columns.begin(), columns.end()),
      features_(std::move(features)),
      labels_(std::move(labels)),
      feature_numbers_(features_.size()),
      label_numbers_(labels_.size()),
      categories_(features_.size()) {
  if (options_.max_memory == 0) options_.max_memory = default_max_memory();
}

void SchemaLearner::insert(std::set<std::string, std::less<>>& categories, std::string_view cell,
                           const std::string& name, std::string_view what, std::string_view hint) {
  if (categories.contains(cell)) return;
  if (categories.size() == kMostCategories) {
    throw Error{
        Kind::input,
        fmt::format("column {} has more than {} {}", printable(name), kMostCategories, what),
        std::string(hint)};
  }
  constexpr std::uint64_t kNode = 80;  // of the set, with an empty string
  kept_ += cell.size() + kNode;
  check_memory(fmt::format("column {}: its {}", printable(name), what), kept_, options_.max_memory);
  categories.emplace(cell);
}

void SchemaLearner::add(std::span<const std::string_view> cells) {
  double value = 0;
  for (std::size_t i = 0; i < features_.size(); ++i) {
    if (options_.context > 0) break;
    Numbers& numbers = feature_numbers_[i];
    const std::string_view cell = cells[features_[i]];
    if (parse_number(cell, value)) {
      numbers.add(value);
    } else if (is_missing(cell)) {
      numbers.missing = true;
    } else {
      numbers.numeric = false;
    }
  }
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    const std::string& name = names_[labels_[i]];
    const std::string_view cell = trimmed(cells[labels_[i]]);
    const bool missing = options_.task == Task::regress ? is_missing(cell) : cell.empty();
    if (missing) {
      throw Error{Kind::input, fmt::format("the label {} is missing", printable(name)),
                  "remove the row or fill it in"};
    }
    if (options_.task == Task::classify) {
      insert(classes_, cell, name, "classes",
             "name another column with --label, or train for numbers with --task regress");
    } else if (parse_number(cell, value)) {
      label_numbers_[i].add(value);
    } else {
      throw Error{Kind::input,
                  fmt::format("{} in column {} is not a number", shown(cell), printable(name)),
                  "labels of --task regress are numbers; classes need --task classify"};
    }
  }
  ++rows_;
}

bool SchemaLearner::needs_categories() const {
  return std::any_of(feature_numbers_.begin(), feature_numbers_.end(),
                     [](const Numbers& numbers) { return !numbers.numeric; });
}

void SchemaLearner::add_categories(std::span<const std::string_view> cells) {
  for (std::size_t i = 0; i < features_.size(); ++i) {
    const std::string_view cell = trimmed(cells[features_[i]]);
    if (feature_numbers_[i].numeric || is_missing(cell)) continue;
    insert(categories_[i], cell, names_[features_[i]], "categories",
           "leave it out by naming the others with --features");
  }
}

Column SchemaLearner::column(const Numbers& numbers, std::size_t place) const {
  Column column;
  column.name = names_[place];
  if (numbers.count == 0 || options_.scaling == Scaling::none) return column;
  const auto count = static_cast<double>(numbers.count);
  if (options_.scaling == Scaling::minmax) {
    column.mean = numbers.low;
    column.scale = numbers.high - numbers.low;
  } else {
    const double shift = numbers.sum / count;
    column.mean = numbers.first + shift;
    column.scale = std::sqrt(std::max(0.0, numbers.squares / count - shift * shift));
  }
  // Rounding alone can make a constant column look as if it varied.
  const double least = 1e-13 * std::max(std::fabs(numbers.low), std::fabs(numbers.high));
  if (numbers.low == numbers.high || !(column.scale > least)) column.scale = 1;
  if (!std::isfinite(column.scale) || !std::isfinite(column.mean)) {
    fail(Kind::input, "the numbers in column {} are too large", printable(column.name));
  }
  // A thousandth of the spread means nothing to training, and short numbers keep small models
  // small.
  constexpr double kPrecision = 1e-3;
  column.mean = few_digits(column.mean, kPrecision * column.scale);
  column.scale = few_digits(column.scale, kPrecision * column.scale);
  return column;
}

Schema SchemaLearner::finish() const {
  if (rows_ == 0) fail(Kind::input, "there are no rows to train on");
  Schema schema;
  schema.task = options_.task;
  schema.header = options_.header;
  for (std::size_t i = 0; i < features_.size() && options_.context == 0; ++i) {
    const Numbers& numbers = feature_numbers_[i];
    Column out = column(numbers, features_[i]);
    out.missing = numbers.missing && numbers.count > 0;
    if (!numbers.numeric) {
      out = Column{names_[features_[i]], false, false, 0, 1, {}};
      out.categories.assign(categories_[i].begin(), categories_[i].end());
    }
    schema.features.push_back(std::move(out));
  }
  if (options_.task == Task::classify) {
    schema.label = names_[labels_.at(0)];
    schema.classes.assign(classes_.begin(), classes_.end());
    std::sort(schema.classes.begin(), schema.classes.end(), natural_less);
  } else {
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      schema.targets.push_back(column(label_numbers_[i], labels_[i]));
    }
  }
  if (options_.context > 0) {
    schema.source = Schema::Source::text;
    schema.text = names_[features_.at(0)];
    schema.input = {options_.context};
    return schema;
  }
  if (schema.inputs() > kMostInputs) {
    throw Error{
        Kind::input,
        fmt::format("a row would become {} numbers, more than {}", schema.inputs(), kMostInputs),
        "leave columns of many categories out by naming the others with --features"};
  }
  schema.input = {static_cast<std::int64_t>(schema.inputs())};
  return schema;
}

}  // namespace mx
