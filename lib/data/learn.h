// SPDX-License-Identifier: Apache-2.0
// Learns a schema from training rows in one or two passes over them. A feature is numeric when all
// its cells that are not missing are numbers, else categorical; a class label is always
// categorical, its classes in natural order (numbers by value, then text by bytes); targets must be
// numbers. A column that never changes gets scale 1. Numbers are kept with as few digits as give
// them to a thousandth of the scale. Memory: a few numbers per column and the categories.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/schema.h"

namespace mx {

struct LearnOptions {
  Task task = Task::classify;
  Scaling scaling = Scaling::standard;
  bool header = true;
  std::int64_t context = 0;      // of a text classifier, whose one feature is text
  std::uint64_t max_memory = 0;  // of all categories together; 0: default_max_memory()
};

class SchemaLearner {
 public:
  // `columns`: the source's names; `features` and `labels`: their places among them.
  SchemaLearner(const LearnOptions& options, std::span<const std::string> columns,
                std::vector<std::size_t> features, std::vector<std::size_t> labels);
  // First pass: a row as wide as `columns`. Throws Kind::input naming the column; the caller adds
  // file and line.
  void add(std::span<const std::string_view> cells);
  // Second pass over the same rows, needed when a feature turned out to be categorical.
  [[nodiscard]] bool needs_categories() const;
  void add_categories(std::span<const std::string_view> cells);
  // Throws Kind::input when there were no rows. The input's shape is flat.
  [[nodiscard]] Schema finish() const;

 private:
  struct Numbers {  // moments about the first value
    std::uint64_t count = 0;
    double first = 0, sum = 0, squares = 0, low = 0, high = 0;
    bool missing = false, numeric = true;
    void add(double value);
  };
  void insert(std::set<std::string, std::less<>>& categories, std::string_view cell,
              const std::string& name, std::string_view what, std::string_view hint);
  [[nodiscard]] Column column(const Numbers& numbers, std::size_t place) const;

  LearnOptions options_;
  std::vector<std::string> names_;
  std::vector<std::size_t> features_, labels_;
  std::vector<Numbers> feature_numbers_, label_numbers_;
  std::vector<std::set<std::string, std::less<>>> categories_;
  std::set<std::string, std::less<>> classes_;
  std::uint64_t rows_ = 0, kept_ = 0;  // bytes of the categories and classes
};

// The number with the fewest significant digits within `tolerance` of `value`.
[[nodiscard]] double few_digits(double value, double tolerance);

}  // namespace mx
