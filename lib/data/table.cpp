// SPDX-License-Identifier: Apache-2.0
#include "data/table.h"

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/words.h"

namespace mx {
namespace {

constexpr std::size_t kChunk = 1U << 18U;
constexpr std::size_t kBlock = sizeof(__m128i);

bool is_blank(char c) { return c == ' ' || c == '\t'; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Up to 15 digits with at most one point: exact as a quotient of two exact doubles. Most cells.
bool short_decimal(std::string_view text, double& value) {
  constexpr std::array<double, 16> kPowers = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                              1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 16) return false;
  std::uint64_t digits = 0;
  std::size_t count = 0;
  std::size_t point = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = static_cast<unsigned>(static_cast<unsigned char>(text[i])) - '0';
    if (digit < 10) {
      digits = digits * 10 + digit;
      ++count;
    } else if (text[i] == '.' && point == text.size()) {
      point = i;
    } else {
      return false;
    }
  }
  if (count == 0 || count > 15) return false;
  value = static_cast<double>(digits);
  if (point < text.size()) value /= kPowers[text.size() - point - 1];
  if (negative) value = -value;
  return true;
}

}  // namespace

TableReader::TableReader(io::Input& in, TableFormat format, std::size_t limit)
    : in_(in), delimiter_(format == TableFormat::csv ? ',' : '\t'), limit_(limit) {}

bool TableReader::next(std::vector<std::string_view>& cells) {
  if (!started_) start();
  do {
    if (!scan()) return false;
  } while (cells_.size() == 1 && !cells_[0].quoted && trimmed(text_of(cells_[0])).empty());
  if (stray_) {
    throw Error{Kind::input,
                fmt::format("{} line {}: text stands behind a closing quote", in_.name(), line_),
                "a quote inside a quoted cell is written twice"};
  }
  cells.clear();
  for (const Cell& cell : cells_) cells.push_back(text_of(cell));
  return true;
}

bool TableReader::buffered() const {
  const std::string_view left(buffer_.data() + begin_ + row_, end_ - begin_ - row_);
  return left.find('\n') != std::string_view::npos;
}

// The byte order mark, read no further than it takes: a reader of a live pipe must not wait.
void TableReader::start() {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  started_ = true;
  const auto head = [&] { return std::string_view(buffer_).substr(0, end_); };
  while (end_ < kMark.size() && kMark.starts_with(head()) && refill()) {
  }
  if (head().starts_with("\xff\xfe") || head().starts_with("\xfe\xff")) {
    throw Error{Kind::input, fmt::format("{} is UTF-16 text", in_.name()),
                "convert it with: iconv -f UTF-16 -t UTF-8"};
  }
  if (head().starts_with(kMark)) begin_ = kMark.size();
}

bool TableReader::scan() {
  cells_.clear();
  stray_ = false;
  begin_ += row_;
  row_ = 0;
  line_ = next_line_;
  if (begin_ == end_ && !refill()) return false;
  for (;;) {
    if (begin_ + row_ == end_) refill();
    if (begin_ + row_ < end_ && buffer_[begin_ + row_] == '"') {
      quoted_cell();
    } else {
      const std::size_t from = row_;
      row_ = find(from);
      cells_.push_back({from, row_, false});
    }
    if (cells_.size() > kMostCells) too_long();
    if (begin_ + row_ == end_) break;
    if (buffer_[begin_ + row_++] == '\n') {
      ++next_line_;
      break;
    }
  }
  if (row_ > limit_) too_long();
  Cell& last = cells_.back();
  if (!last.quoted && last.end > last.begin && buffer_[begin_ + last.end - 1] == '\r') --last.end;
  return true;
}

// The quoted cell at row_; leaves row_ at the delimiter or line end behind it.
void TableReader::quoted_cell() {
  const std::size_t from = ++row_;
  for (;;) {
    const char* const at = buffer_.data() + begin_ + row_;
    const auto* quote = static_cast<const char*>(std::memchr(at, '"', end_ - begin_ - row_));
    const char* const stop = quote == nullptr ? buffer_.data() + end_ : quote;
    next_line_ += static_cast<std::uint64_t>(std::count(at, stop, '\n'));
    row_ += static_cast<std::size_t>(stop - at);
    if (quote == nullptr) {
      if (refill()) continue;
      begin_ = end_;
      row_ = 0;
      fail(Kind::input, "{} line {}: a quote is opened and never closed", in_.name(), line_);
    }
    ++row_;
    if (begin_ + row_ == end_) refill();
    if (begin_ + row_ == end_ || buffer_[begin_ + row_] != '"') break;
    ++row_;
  }
  cells_.push_back({from, row_ - 1, true});
  const std::size_t behind = row_;
  row_ = find(row_);
  const std::string_view rest(buffer_.data() + begin_ + behind, row_ - behind);
  stray_ = stray_ || !(rest.empty() || rest == "\r");
}

// The first delimiter or line end at or behind `from`, or the end.
std::size_t TableReader::find(std::size_t from) {
  const __m128i delimiter = _mm_set1_epi8(delimiter_);
  const __m128i newline = _mm_set1_epi8('\n');
  do {
    for (; begin_ + from < end_; from += kBlock) {  // the buffer is one block longer than end_
      const auto* at = reinterpret_cast<const __m128i*>(buffer_.data() + begin_ + from);
      const __m128i bytes = _mm_loadu_si128(at);
      const auto found = static_cast<unsigned>(_mm_movemask_epi8(
          _mm_or_si128(_mm_cmpeq_epi8(bytes, delimiter), _mm_cmpeq_epi8(bytes, newline))));
      if (found == 0) continue;
      const std::size_t position = from + static_cast<std::size_t>(std::countr_zero(found));
      if (begin_ + position < end_) return position;
      break;
    }
    from = end_ - begin_;
  } while (refill());
  return from;
}

// Nothing more is read.
void TableReader::too_long() {
  ended_ = true;
  begin_ = end_;
  row_ = 0;
  if (cells_.size() > kMostCells) {
    fail(Kind::input, "{} line {}: a row of more than {} cells", in_.name(), line_, kMostCells);
  }
  throw Error{
      Kind::input,
      fmt::format("{} line {}: a row of more than {}", in_.name(), line_, human_bytes(limit_)),
      "is a quote left open?"};
}

// More bytes behind those of the row that is being read; false at the end of the file.
bool TableReader::refill() {
  if (ended_) return false;
  const std::size_t kept = end_ - begin_;
  if (kept > limit_) too_long();
  if (begin_ > 0) std::memmove(buffer_.data(), buffer_.data() + begin_, kept);
  begin_ = 0;
  end_ = kept;
  if (buffer_.size() < kept + kChunk + kBlock) buffer_.resize(2 * kept + kChunk + kBlock);
  const std::span<char> room(buffer_.data() + end_, kChunk);
  const std::size_t got = in_.read({reinterpret_cast<std::uint8_t*>(room.data()), room.size()});
  if (std::memchr(room.data(), 0, got) != nullptr) {
    ended_ = true;
    fail(Kind::input, "{} is not text: it holds NUL bytes", in_.name());
  }
  end_ += got;
  ended_ = got == 0;
  return !ended_;
}

// Doubled quotes become single ones in place; the row is given out once.
std::string_view TableReader::text_of(const Cell& cell) {
  char* const from = buffer_.data() + begin_ + cell.begin;
  std::size_t size = cell.end - cell.begin;
  if (cell.quoted && std::memchr(from, '"', size) != nullptr) {
    std::size_t to = 0;
    for (std::size_t i = 0; i < size; ++i) {
      from[to++] = from[i];
      if (from[i] == '"') ++i;
    }
    size = to;
  }
  return {from, size};
}

std::string_view trimmed(std::string_view cell) {
  while (!cell.empty() && is_blank(cell.front())) cell.remove_prefix(1);
  while (!cell.empty() && is_blank(cell.back())) cell.remove_suffix(1);
  return cell;
}

bool is_missing(std::string_view cell) {
  cell = trimmed(cell);
  if (cell.empty() || cell == "?") return true;
  if (cell.size() > 4 || lower(cell[0]) != 'n') return false;
  std::string word(cell);
  std::transform(word.begin(), word.end(), word.begin(), lower);
  return word == "na" || word == "n/a" || word == "nan" || word == "null";
}

bool parse_number(std::string_view cell, double& value) {
  cell = trimmed(cell);
  if (cell.starts_with('+') && !cell.starts_with("+-")) cell.remove_prefix(1);
  if (short_decimal(cell, value)) return true;
  // Letters are left to "e" alone: no inf, no nan, no hexadecimal.
  if (cell.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return false;
  const char* const end = cell.data() + cell.size();
  const auto [at, status] = std::from_chars(cell.data(), end, value);
  if (at != end) return false;
  if (status == std::errc()) return std::isfinite(value);
  // Out of range: too small is zero, too large is no number.
  const std::size_t exponent = cell.find_first_of("eE");
  if (exponent == std::string_view::npos || !cell.substr(exponent + 1).starts_with('-')) {
    return false;
  }
  value = 0;
  return true;
}

}  // namespace mx
