// SPDX-License-Identifier: Apache-2.0
#include <unordered_map>

#include "base/error.h"
#include "base/json.h"
#include "data/row_kinds.h"
#include "data/schema.h"

namespace mx {
namespace {

class JsonRows final : public RowSource {
 public:
  explicit JsonRows(std::unique_ptr<io::Input> in) : in_(std::move(in)), lines_(*in_, kLongest) {
    // Rows that cannot be read may come before the first that can.
    while (columns_.empty() && read_line()) {
      try {
        const Json row = parse();
        for (const auto& [key, value] : row.items()) columns_.push_back(key);
        if (columns_.empty()) fail(Kind::input, "{}: the row is empty", place());
        fill(row);
        first_waits_ = true;
      } catch (const Error& error) {
        refused_.add(line_, error);
        columns_.clear();
        places_.clear();
      }
    }
    first_line_ = line_;
    if (columns_.empty() && !refused_.empty()) refused_.rethrow_next();
    if (columns_.empty()) fail(Kind::input, "{} is empty", in_->name());
  }

  [[nodiscard]] const std::vector<std::string>& columns() const override { return columns_; }
  bool next(std::vector<std::string_view>& cells) override {
    if (!refused_.empty()) refused_.rethrow_next();
    refused_.forget();
    if (first_waits_) {
      first_waits_ = false;
      line_ = first_line_;
    } else {
      if (!read_line()) return false;
      fill(parse());
    }
    cells.assign(cells_.begin(), cells_.end());
    return true;
  }
  [[nodiscard]] std::uint64_t line() const override {
    return refused_.line() != 0 ? refused_.line() : line_;
  }
  [[nodiscard]] bool buffered() const override {
    return first_waits_ || !refused_.empty() || lines_.buffered();
  }
  [[nodiscard]] std::string place() const override {
    return fmt::format("{} line {}", in_->name(), line());
  }

 private:
  static constexpr std::size_t kLongest = 16U << 20U;

  bool read_line() {  // passing over blank ones
    do {
      if (!lines_.next(text_)) return false;
      line_ = lines_.number();
    } while (text_.find_first_not_of(" \t\r") == std::string_view::npos);
    return true;
  }
  [[nodiscard]] Json parse() const {
    Json row = parse_json(text_, place());
    if (!row.is_object()) fail(Kind::input, "{} is not a JSON object", place());
    return row;
  }
  void fill(const Json& row) {
    cells_.assign(columns_.size(), {});
    std::vector<const Json*> values(columns_.size());
    const std::string* extra = nullptr;
    std::size_t next = 0;  // rows mostly have their keys in the same order
    for (const auto& [key, value] : row.get_ref<const Json::object_t&>()) {
      if (next == columns_.size() || columns_[next] != key) next = place_of(key);
      if (next < columns_.size()) {
        values[next++] = &value;
      } else if (extra == nullptr) {
        extra = &key;
      }
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (values[i] == nullptr) {
        throw Error{Kind::input,
                    fmt::format("{}: the key {} is missing", place(), shown(columns_[i])),
                    "write null where a value is missing"};
      }
      cells_[i] = cell(*values[i], columns_[i]);
    }
    if (extra == nullptr) return;
    throw Error{Kind::input,
                fmt::format("{}: the key {} is not in the first row", place(), shown(*extra)),
                "every row has the keys of the first; write null where a value is missing"};
  }
  // columns_.size(): nowhere.
  [[nodiscard]] std::size_t place_of(const std::string& key) {
    if (places_.size() != columns_.size()) {
      places_.clear();
      for (std::size_t i = 0; i < columns_.size(); ++i) places_.emplace(columns_[i], i);
    }
    const auto found = places_.find(key);
    return found == places_.end() ? columns_.size() : found->second;
  }
  [[nodiscard]] std::string cell(const Json& value, const std::string& key) const {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_null()) return {};
    if (value.is_structured()) {
      fail(Kind::input, "{}: the value of {} is a list or an object, not one value", place(),
           shown(key));
    }
    return dump_json(value);
  }

  std::unique_ptr<io::Input> in_;
  io::LineReader lines_;
  std::string_view text_;
  std::vector<std::string> columns_, cells_;
  std::unordered_map<std::string_view, std::size_t> places_;  // of the columns, once needed
  RefusedRows refused_;
  std::uint64_t line_ = 0, first_line_ = 0;
  bool first_waits_ = false;
};

}  // namespace

std::unique_ptr<RowSource> json_rows(std::unique_ptr<io::Input> in) {
  return std::make_unique<JsonRows>(std::move(in));
}

}  // namespace mx
