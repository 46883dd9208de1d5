// SPDX-License-Identifier: Apache-2.0
// What a model expects of its rows and what its outputs mean. Learned on training rows only
// (data/learn.h), stored in the model as JSON, applied again by every tool that reads rows.
//
// Encoding of a row: each numeric feature becomes (x - mean) / scale, a missing one 0 (the mean)
// and, when the training rows had missing values there, a second number 1 (else 0); each
// categorical feature becomes one-hot over its categories, an unknown or missing one all zeros.
// Images: pixels / 255. Labels: class index, or (y - mean) / scale for regression. Blanks around a
// name or a category are no part of it.
//
// Text: {"task": "lm", "input": [context]} and "mlm" have tokens of text and nothing else; a
// classifier of text has "source": "text" and its column "text", which becomes token ids
// (data/text_rows.h). Padding is -1.
//
// JSON: {"task", "source": "image", "text", "label", "classes", "features", "targets", "input",
// "header"}; what is as usual is left out. Columns are written as groups, {"names", "mean",
// "scale", "missing": true} or {"names", "categories"}; mean and scale are one number for all of
// the group or a list. In a list of strings, ["p00", "p07"] stands for all that counts from one to
// the other.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "data/text_rows.h"
#include "net/network.h"
#include "tensor/tensor.h"
#include "text/tokenizer.h"

namespace mx {

enum class Task { classify, regress, lm, mlm };  // lm, mlm: the next token, a masked one
enum class Scaling { standard, minmax, none };   // (mean, deviation), (low, high - low), (0, 1)

// Whether the task is about the text itself: each token has a target of its own.
[[nodiscard]] std::string_view name_of(Task task);
[[nodiscard]] inline bool scores_tokens(Task task) { return task == Task::lm || task == Task::mlm; }

inline constexpr std::size_t kMostCategories = 65536;  // of one column, and classes
inline constexpr std::size_t kMostInputs = 1U << 20U;  // numbers per encoded row

struct Column {
  std::string name;
  bool numeric = true;
  bool missing = false;                 // a second number says that the value was missing
  double mean = 0, scale = 1;           // numeric
  std::vector<std::string> categories;  // not numeric, in byte order

  bool operator==(const Column&) const = default;
};

struct Schema {
  Task task = Task::classify;
  enum class Source { table, image, text } source = Source::table;
  std::vector<Column> features;      // table
  std::vector<Column> targets;       // regress: numeric columns
  std::string text;                  // classify text: its column
  std::string label;                 // classify: the label column's name
  std::vector<std::string> classes;  // classify: class names in output order
  Shape input;                       // one row's shape: [64] or [1, 28, 28]
  bool header = true;                // table: columns have names; else they go by number from 1

  [[nodiscard]] std::size_t inputs() const;   // numbers per encoded row
  [[nodiscard]] std::size_t outputs() const;  // classes or targets; lm, mlm: 0, the vocabulary's
  bool operator==(const Schema&) const = default;
};

// Whether a network's row has what the schema says, in and out (of a language model: in).
[[nodiscard]] bool fits(const Schema& schema, const Network& network);

// Strict both ways: from_json(to_json(s)) == s. Throws Kind::input; what comes back is sound:
// sizes agree, names are unique, numbers finite and scales positive.
[[nodiscard]] Json to_json(const Schema& schema);
[[nodiscard]] Schema schema_from_json(const Json& json);

// Columns of one source in the order in which the model wants them.
class RowEncoder {
 public:
  // `columns`: the source's column names (or "1", "2", ... without a header). Throws Kind::input
  // naming missing columns; `extra` lists those the model ignores. `tokenizer`: of a schema of
  // text. Schema and tokenizer must outlive it.
  RowEncoder(const Schema& schema, std::span<const std::string> columns,
             const Tokenizer* tokenizer = nullptr);
  [[nodiscard]] const std::vector<std::string>& extra() const { return extra_; }
  [[nodiscard]] bool has_labels() const { return has_labels_; }
  // How many texts were longer than a row.
  [[nodiscard]] std::uint64_t cut() const { return cut_; }
  // x: schema.inputs() numbers. Throws Kind::input naming the column ("'abc' in column age is not a
  // number"), or when there are not as many cells as columns; the caller adds the line.
  void encode(std::span<const std::string_view> cells, std::span<float> x);
  // Classify: the class index (throws on a class not in the schema). Regress: scaled targets.
  [[nodiscard]] std::int64_t label(std::span<const std::string_view> cells) const;
  void targets(std::span<const std::string_view> cells, std::span<float> y) const;

 private:
  void check(std::span<const std::string_view> cells) const;

  [[nodiscard]] std::vector<std::string> wanted() const;

  const Schema* schema_;
  std::optional<TextEncoder> text_;
  std::uint64_t cut_ = 0;
  std::size_t columns_;
  std::vector<std::size_t> feature_at_, label_at_;
  std::vector<std::string> extra_;
  std::unordered_map<std::string_view, std::int64_t> classes_;
  bool has_labels_ = false;
};

// "'abc'", made safe to print and cut when long.
[[nodiscard]] std::string shown(std::string_view cell);

}  // namespace mx
