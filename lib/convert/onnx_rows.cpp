// SPDX-License-Identifier: Apache-2.0
#include "convert/onnx_rows.h"

#include <algorithm>

namespace mx {
namespace {

using Value = OnnxGraph::Value;

std::int64_t count_of(const auto& list) { return static_cast<std::int64_t>(list.size()); }

std::vector<const Column*> columns_of(const Schema& schema, bool numeric) {
  std::vector<const Column*> out;
  for (const Column& column : schema.features) {
    if (column.numeric == numeric) out.push_back(&column);
  }
  return out;
}

std::string names_of(const auto& columns) {
  Json out = Json::array();
  for (const auto& column : columns) {
    if constexpr (std::is_pointer_v<std::decay_t<decltype(column)>>) {
      out.push_back(column->name);
    } else {
      out.push_back(column.name);
    }
  }
  return dump_json(out);
}

// A number of each column, none where all are `usual`.
std::vector<float> numbers_of(const std::vector<const Column*>& columns, double Column::*member,
                              double usual) {
  std::vector<float> out;
  for (const Column* column : columns) out.push_back(static_cast<float>(column->*member));
  const bool plain =
      std::ranges::all_of(columns, [&](const Column* column) { return column->*member == usual; });
  return plain ? std::vector<float>{} : out;
}

class TableRows {
 public:
  TableRows(OnnxGraph& graph, const Schema& schema) : graph_(graph), schema_(schema) {
    const std::vector<const Column*> numeric = columns_of(schema, true);
    const std::vector<const Column*> others = columns_of(schema, false);
    if (!numeric.empty()) {
      numbers_ = graph.input("input", OnnxType::f32, {"batch", count_of(numeric)},
                             "Numeric columns, NaN where one is missing: " + names_of(numeric));
      scale(numeric);
    }
    if (!others.empty()) {
      categories_ = graph.input("categories", OnnxType::text, {"batch", count_of(others)},
                                "Columns of categories: " + names_of(others));
    }
  }

  Value joined() {
    const std::vector<Column>& all = schema_.features;
    std::vector<Value> parts;
    for (auto first = all.begin(); first != all.end();) {
      const auto same = [&](const Column& column) {
        return column.numeric && first->numeric && column.missing == first->missing;
      };
      const auto last = first->numeric ? std::find_if_not(first, all.end(), same) : first + 1;
      parts.push_back(first->numeric ? numeric_part(last - first, first->missing)
                                     : one_hot(first->categories));
      first = last;
    }
    return parts.size() == 1 ? parts[0] : graph_.add("Concat", parts, {{"axis", 1}});
  }

 private:
  // Scaled numbers with 0 for missing ones, and which ones those are.
  void scale(const std::vector<const Column*>& columns) {
    missing_ = graph_.add("IsNaN", {numbers_});
    const Shape shape = {count_of(columns)};
    const std::vector<float> means = numbers_of(columns, &Column::mean, 0);
    const std::vector<float> scales = numbers_of(columns, &Column::scale, 1);
    if (!means.empty()) numbers_ = graph_.add("Sub", {numbers_, graph_.floats(means, shape)});
    if (!scales.empty()) numbers_ = graph_.add("Div", {numbers_, graph_.floats(scales, shape)});
    numbers_ = graph_.add("Where", {missing_, graph_.number(0), numbers_});
  }
  [[nodiscard]] Value slice(const Value& from, std::int64_t begin, std::int64_t end) {
    return graph_.add(
        "Slice", {from, graph_.integers({begin}), graph_.integers({end}), graph_.integers({1})});
  }
  Value numeric_part(std::int64_t count, bool flagged) {
    const std::int64_t end = number_ + count;
    Value numbers = slice(numbers_, number_, end);
    const Value missing = flagged ? slice(missing_, number_, end) : Value();
    number_ = end;
    if (!flagged) return numbers;
    // Each number, then whether it was missing.
    const Value axis = graph_.integers({2});
    const Value flags = graph_.add("Cast", {missing}, {{"to", kOnnxF32}});
    const Value pairs = graph_.add(
        "Concat",
        {graph_.add("Unsqueeze", {numbers, axis}), graph_.add("Unsqueeze", {flags, axis})},
        {{"axis", 2}});
    return graph_.add("Reshape", {pairs, graph_.integers({0, 2 * count})});
  }
  Value one_hot(const std::vector<std::string>& categories) {
    std::vector<std::int64_t> numbers;
    for (std::int64_t i = 0; i < count_of(categories); ++i) numbers.push_back(i);
    const Value column = slice(categories_, category_, category_ + 1);
    ++category_;
    const Value number = graph_.add(
        "LabelEncoder", {column},
        {{"keys_strings", categories}, {"values_int64s", numbers}, {"default_int64", -1}});
    const Value is = graph_.add("Equal", {number, graph_.integers(numbers)});
    return graph_.add("Cast", {is}, {{"to", kOnnxF32}});
  }

  OnnxGraph& graph_;
  const Schema& schema_;
  Value numbers_, missing_, categories_;
  std::int64_t number_ = 0, category_ = 0;  // columns that were used
};

}  // namespace

Value add_rows(OnnxGraph& graph, const Schema& schema) {
  graph.enter("input");
  OnnxShape shape = {"batch"};
  shape.insert(shape.end(), schema.input.begin(), schema.input.end());
  if (schema.source == Schema::Source::image) {
    const Value pixels = graph.input("input", OnnxType::f32, shape, "Pixels from 0 to 255");
    return graph.add("Div", {pixels, graph.number(255)});
  }
  Value row = TableRows(graph, schema).joined();
  if (schema.input.size() == 1) return row;
  std::vector<std::int64_t> sizes = {0};
  sizes.insert(sizes.end(), schema.input.begin(), schema.input.end());
  return graph.add("Reshape", {row, graph.integers(sizes)});
}

Value add_targets(OnnxGraph& graph, const Value& outputs, const Schema& schema) {
  graph.enter("prediction");
  std::vector<const Column*> columns;
  for (const Column& column : schema.targets) columns.push_back(&column);
  const Shape shape = {count_of(columns)};
  Value out = outputs;
  const std::vector<float> scales = numbers_of(columns, &Column::scale, 1);
  const std::vector<float> means = numbers_of(columns, &Column::mean, 0);
  if (!scales.empty()) out = graph.add("Mul", {out, graph.floats(scales, shape)});
  if (!means.empty()) out = graph.add("Add", {out, graph.floats(means, shape)});
  return out;
}

void say_schema(OnnxGraph& graph, const Schema& schema) {
  graph.say("task", std::string(name_of(schema.task)));
  if (schema.task == Task::classify) {
    graph.say("label", schema.label);
    graph.say("classes", dump_json(schema.classes));
  }
  if (schema.task == Task::regress) graph.say("targets", names_of(schema.targets));
  if (schema.source != Schema::Source::table) return;
  const std::vector<const Column*> numeric = columns_of(schema, true);
  const std::vector<const Column*> others = columns_of(schema, false);
  if (!numeric.empty()) graph.say("input", names_of(numeric));
  if (!others.empty()) graph.say("categories", names_of(others));
}

}  // namespace mx
