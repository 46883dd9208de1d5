// SPDX-License-Identifier: Apache-2.0
#include "data/schema.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <set>

#include "base/checked.h"
#include "base/error.h"
#include "data/words.h"

namespace mx {
namespace {

constexpr std::string_view kWhere = "the model's schema";
constexpr std::array<std::string_view, 4> kTasks = {"classify", "regress", "lm", "mlm"};
constexpr std::array<std::string_view, 3> kSources = {"table", "image", "text"};

template <class E>
std::string_view word(E value, const auto& words) {
  return words.at(static_cast<std::size_t>(value));
}

template <class E>
E read_word(std::string_view what, const std::string& text, const auto& words) {
  const auto* const found = std::ranges::find(words, text);
  if (found == words.end())
    fail(Kind::input, "{}: the {} {} is not known", kWhere, what, shown(text));
  return static_cast<E>(found - words.begin());
}

template <class Get>
Json alike_or_list(std::span<const Column> columns, Get get) {
  const bool alike = std::all_of(columns.begin(), columns.end(), [&](const Column& column) {
    return get(column) == get(columns.front());
  });
  if (alike) return get(columns.front());
  Json out = Json::array();
  for (const Column& column : columns) out.push_back(get(column));
  return out;
}

// Numbers that are whole are written so: 16 and not 16.0.
Json number(double value) {
  if (std::nearbyint(value) == value && std::fabs(value) < 1e15) {
    return static_cast<std::int64_t>(value);
  }
  return value;
}

Json group_to_json(std::span<const Column> columns) {
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name);
  Json out = Json::object();
  out["names"] = words_to_json(names);
  const Column& first = columns.front();
  if (!first.numeric) {
    out["categories"] = words_to_json(first.categories);
    return out;
  }
  Json mean = alike_or_list(columns, [](const Column& column) { return number(column.mean); });
  Json scale = alike_or_list(columns, [](const Column& column) { return number(column.scale); });
  if (mean != 0) out["mean"] = std::move(mean);
  if (scale != 1) out["scale"] = std::move(scale);
  if (first.missing) out["missing"] = true;
  return out;
}

Json columns_to_json(std::span<const Column> columns) {
  Json out = Json::array();
  while (!columns.empty()) {
    std::size_t count = 1;
    const Column& first = columns.front();
    while (count < columns.size() && columns[count].numeric == first.numeric &&
           columns[count].missing == first.missing &&
           columns[count].categories == first.categories) {
      ++count;
    }
    out.push_back(group_to_json(columns.first(count)));
    columns = columns.subspan(count);
  }
  return out;
}

// `key` as one number for each of `count` columns; absent: `otherwise`.
std::vector<double> numbers(JsonObject& object, std::string_view key, std::size_t count,
                            double otherwise) {
  if (!object.has(key)) return std::vector<double>(count, otherwise);
  if (!object.at(key).is_array()) return std::vector<double>(count, object.number(key));
  std::vector<double> out = object.numbers(key);
  if (out.size() != count) {
    fail(Kind::input, "{}: \"{}\" has {} numbers for {} columns", kWhere, key, out.size(), count);
  }
  return out;
}

class ColumnsReader {
 public:
  std::vector<Column> read(const Json& json, std::string_view what) {
    if (!json.is_array()) fail(Kind::input, "{}: \"{}\" is not a list", kWhere, what);
    std::vector<Column> out;
    for (const Json& group : json) read_group(group, out);
    return out;
  }
  void name(const std::string& name) {
    if (!seen_.insert(name).second) {
      fail(Kind::input, "{}: the column {} stands twice", kWhere, shown(name));
    }
  }
  std::vector<std::string> words(const Json& json, std::string_view what) {
    return words_from_json(json, fmt::format("{}: \"{}\"", kWhere, what), budget_);
  }

 private:
  void read_group(const Json& json, std::vector<Column>& out) {
    JsonObject group(json, std::string(kWhere));
    const std::vector<std::string> names = words(group.at("names"), "names");
    Column column;
    column.numeric = !group.has("categories");
    std::vector<double> means(names.size(), 0);
    std::vector<double> scales(names.size(), 1);
    if (column.numeric) {
      means = numbers(group, "mean", names.size(), 0);
      scales = numbers(group, "scale", names.size(), 1);
      column.missing = group.boolean_or("missing", false);
    } else {
      column.categories = words(group.at("categories"), "categories");
      check_categories(column.categories);
      // Every column of the group gets its own copy.
      budget_ = budget_ - std::min(budget_, column.categories.size() * names.size());
      if (budget_ == 0) fail(Kind::input, "{} is too large", kWhere);
    }
    group.finish();
    for (std::size_t i = 0; i < names.size(); ++i) {
      column.name = names[i];
      column.mean = means[i];
      column.scale = scales[i];
      name(names[i]);
      if (!std::isfinite(column.mean) || !std::isfinite(column.scale) || column.scale <= 0) {
        fail(Kind::input, "{}: the scaling of column {} is not sound", kWhere, shown(names[i]));
      }
      out.push_back(column);
    }
  }

  static void check_categories(const std::vector<std::string>& categories) {
    const bool sorted = std::adjacent_find(categories.begin(), categories.end(),
                                           std::greater_equal<>()) == categories.end();
    if (!sorted || categories.empty() || categories.size() > kMostCategories) {
      fail(Kind::input, "{}: categories must be between 1 and {}, in byte order", kWhere,
           kMostCategories);
    }
  }

  std::set<std::string> seen_;
  std::size_t budget_ = 2 * kMostInputs;  // strings in all: runs must not explode
};

void check_input(const Schema& schema) {
  const auto refuse = [] { fail(Kind::input, "{}: the input's shape is not sound", kWhere); };
  for (const std::int64_t size : schema.input) {
    if (size < 1) refuse();
  }
  const std::size_t count = element_count(schema.input);
  if (schema.input.empty() || count > kMostInputs) refuse();
  if (schema.source == Schema::Source::image && schema.input.size() != 3) refuse();
  if (schema.source == Schema::Source::text && schema.input.size() != 1) refuse();
  if (schema.source == Schema::Source::table && count != schema.inputs()) refuse();
}

void read_outputs(JsonObject& object, ColumnsReader& columns, Schema& schema) {
  if (scores_tokens(schema.task)) return;
  if (schema.task == Task::regress) {
    schema.targets = columns.read(object.at("targets"), "targets");
    const bool numeric = std::all_of(schema.targets.begin(), schema.targets.end(),
                                     [](const Column& c) { return c.numeric && !c.missing; });
    if (schema.targets.empty() || !numeric)
      fail(Kind::input, "{}: targets must be numeric", kWhere);
    return;
  }
  schema.label = object.text("label");
  columns.name(schema.label);
  schema.classes = columns.words(object.at("classes"), "classes");
  const std::set<std::string_view> unique(schema.classes.begin(), schema.classes.end());
  if (schema.classes.empty() || schema.classes.size() > kMostCategories ||
      unique.size() != schema.classes.size()) {
    fail(Kind::input, "{}: classes must be different, between 1 and {}", kWhere, kMostCategories);
  }
}

}  // namespace

std::string_view name_of(Task task) { return kTasks[static_cast<std::size_t>(task)]; }

std::size_t Schema::inputs() const {
  if (source != Source::table) return element_count(input);
  std::size_t count = 0;
  for (const Column& column : features) {
    count += column.numeric ? (column.missing ? 2 : 1) : column.categories.size();
  }
  return count;
}

std::size_t Schema::outputs() const {
  return task == Task::classify ? classes.size() : targets.size();
}

bool fits(const Schema& schema, const Network& network) {
  if (element_count(shapes(network).front()) != schema.inputs()) return false;
  if ((schema.source == Schema::Source::text) != takes_tokens(network)) return false;
  const Shape out = output_shape(network);
  if (scores_tokens(schema.task)) return out.size() == 2;
  return element_count(out) == schema.outputs();
}

Json to_json(const Schema& schema) {
  Json out = Json::object();
  out["task"] = word(schema.task, kTasks);
  const bool tokens = scores_tokens(schema.task);
  const bool table = schema.source == Schema::Source::table;
  if (!table && !tokens) out["source"] = word(schema.source, kSources);
  if (!schema.text.empty()) out["text"] = schema.text;
  if (schema.task == Task::classify) {
    out["label"] = schema.label;
    out["classes"] = words_to_json(schema.classes);
  } else if (schema.task == Task::regress) {
    out["targets"] = columns_to_json(schema.targets);
  }
  if (table) out["features"] = columns_to_json(schema.features);
  if (!table || schema.input.size() != 1) out["input"] = schema.input;
  if (!schema.header) out["header"] = false;
  return out;
}

Schema schema_from_json(const Json& json) {
  JsonObject object(json, std::string(kWhere));
  Schema schema;
  schema.task = read_word<Task>("task", object.text("task"), kTasks);
  schema.source = read_word<Schema::Source>(
      "source", object.text_or("source", scores_tokens(schema.task) ? "text" : "table"), kSources);
  if (scores_tokens(schema.task) && schema.source != Schema::Source::text) {
    fail(Kind::input, "{}: a language model has text", kWhere);
  }
  if (schema.source == Schema::Source::text && !scores_tokens(schema.task)) {
    schema.text = object.text("text");
  }
  ColumnsReader columns;
  if (schema.source == Schema::Source::table) {
    schema.features = columns.read(object.at("features"), "features");
  }
  read_outputs(object, columns, schema);
  schema.header = object.boolean_or("header", true);
  schema.input = {0};
  if (schema.source == Schema::Source::table) {
    schema.input = {narrow<std::int64_t>(schema.inputs(), "a schema")};
  }
  if (object.has("input")) {
    schema.input = object.integers("input", 1, static_cast<std::int64_t>(kMostInputs));
  }
  object.finish();
  check_input(schema);
  return schema;
}

}  // namespace mx
