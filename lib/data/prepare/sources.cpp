// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/words.h"
#include "data/prepare/documents.h"
#include "data/table.h"
#include "io/input.h"
#include "text/words.h"

namespace mx {
namespace {

// Text in blocks, so that a line may be as long as it likes.
class TextSource final : public DocumentSource {
 public:
  TextSource(io::Input& in, DocumentRule rule, std::size_t limit, std::uint64_t& cut)
      : in_(in), rule_(rule), limit_(limit), cut_(cut) {}

  Next next(Document& document) override {
    std::string& text = document.text;
    for (;;) {
      const std::size_t size = find_end();
      if (size == 0) return Next::end;
      text.assign(buffer_, begin_, size);
      begin_ += size;
      if (rule_ == DocumentRule::file) return Next::document;
      const std::string_view ends = rule_ == DocumentRule::line ? "\r\n" : "\r\n ";
      text.resize(text.find_last_not_of(ends) + 1);
      if (!trim(text).empty()) return Next::document;
    }
  }

 private:
  // How many bytes from begin_ on are the next document; 0 at the end of the file.
  std::size_t find_end() {
    std::size_t searched = 0;
    for (;;) {
      const std::string_view text = std::string_view(buffer_).substr(begin_);
      const std::size_t end = end_in(text, searched);
      if (end <= limit_) return end;
      if (text.size() > limit_) {  // nothing ends it within the limit
        ++cut_;
        return cut_at(text, limit_);
      }
      searched = text.empty() ? 0 : text.size() - 1;
      if (!refill()) return buffer_.size() - begin_;
    }
  }

  // Behind the line end or blank line that ends the document that begins `text`; npos: not yet.
  [[nodiscard]] std::size_t end_in(std::string_view text, std::size_t from) const {
    if (rule_ == DocumentRule::file) return std::string_view::npos;
    for (std::size_t at = text.find('\n', from); at != std::string_view::npos;
         at = text.find('\n', at + 1)) {
      if (rule_ == DocumentRule::line) return at + 1;
      std::size_t after = at + 1;
      while (after < text.size() && (text[after] == '\r' || text[after] == ' ')) ++after;
      if (after < text.size() && text[after] == '\n') return after + 1;
    }
    return std::string_view::npos;
  }

  bool refill() {
    constexpr std::size_t kBlock = 1U << 18U;
    if (begin_ > buffer_.size() / 2) {
      buffer_.erase(0, begin_);
      begin_ = 0;
    }
    const std::size_t before = buffer_.size();
    buffer_.resize(before + kBlock);
    const std::size_t got =
        in_.read({reinterpret_cast<std::uint8_t*>(buffer_.data()) + before, kBlock});
    buffer_.resize(before + got);
    return got > 0;
  }

  io::Input& in_;
  DocumentRule rule_;
  std::size_t limit_;
  std::uint64_t& cut_;
  std::string buffer_;
  std::size_t begin_ = 0;
};

class JsonLines final : public DocumentSource {
 public:
  JsonLines(io::Input& in, std::string field, std::size_t longest)
      : name_(in.name()), field_(std::move(field)), lines_(in, longest) {}

  Next next(Document& document) override {
    std::string_view line;
    do {
      if (!lines_.next(line)) return Next::end;
    } while (trim(line).empty());
    const std::string where = fmt::format("{} line {}", name_, lines_.number());
    try {
      const Json row = parse_json(line, where);
      const auto holds = [&](const std::string& field) {
        return row.is_object() && row.contains(field) && row.at(field).is_string();
      };
      if (holds(field_)) {
        document.text = row.at(field_).get<std::string>();
      } else if (holds("prompt") && holds("completion")) {
        document.text = row.at("prompt").get<std::string>();
        document.answer = document.text.size();
        document.text += row.at("completion").get<std::string>();
      } else {
        fail(Kind::input, "{}: there is no text in '{}'", where, printable(field_));
      }
      return Next::document;
    } catch (const Error& error) {
      if (error.kind() != Kind::input) throw;
      document.text = error.message();
      return Next::bad_row;
    }
  }

 private:
  std::string name_, field_;
  io::LineReader lines_;
};

class TableRows final : public DocumentSource {
 public:
  TableRows(io::Input& in, bool tabs, bool header, const std::string& column, std::size_t longest)
      : name_(in.name()), table_(in, tabs ? TableFormat::tsv : TableFormat::csv, longest) {
    std::vector<std::string> columns;
    if (header && table_.next(cells_)) columns.assign(cells_.begin(), cells_.end());
    const auto found = std::find(columns.begin(), columns.end(), column);
    if (found != columns.end()) {
      column_ = static_cast<std::size_t>(found - columns.begin());
      return;
    }
    double number = 0;
    if (!parse_number(column, number) || number < 1 || number > 65536) {
      throw Error{Kind::input, fmt::format("{} has no column '{}'", name_, printable(column)),
                  columns.empty() ? "--text takes the column's number, from 1"
                                  : "--text names the column, or gives its number from 1; " +
                                        did_you_mean(column, columns)};
    }
    column_ = static_cast<std::size_t>(number) - 1;
  }

  Next next(Document& document) override {
    const std::uint64_t before = table_.line();
    try {
      if (!table_.next(cells_)) return Next::end;
    } catch (const Error& error) {
      if (error.kind() != Kind::input || table_.line() == before) throw;
      document.text = error.message();
      return Next::bad_row;
    }
    if (column_ >= cells_.size()) {
      document.text =
          fmt::format("{} line {}: there is no column {}", name_, table_.line(), column_ + 1);
      return Next::bad_row;
    }
    document.text = cells_[column_];
    return Next::document;
  }

 private:
  std::string name_;
  TableReader table_;
  std::vector<std::string_view> cells_;
  std::size_t column_ = 0;
};

}  // namespace

std::unique_ptr<DocumentSource> open_text(io::Input& in, DocumentRule rule, std::size_t limit,
                                          std::uint64_t& cut) {
  return std::make_unique<TextSource>(in, rule, limit, cut);
}

std::unique_ptr<DocumentSource> open_json_lines(io::Input& in, std::string field,
                                                std::size_t longest) {
  return std::make_unique<JsonLines>(in, std::move(field), longest);
}

std::unique_ptr<DocumentSource> open_table(io::Input& in, bool tabs, bool header,
                                           const std::string& column, std::size_t longest) {
  return std::make_unique<TableRows>(in, tabs, header, column, longest);
}

}  // namespace mx
