// SPDX-License-Identifier: Apache-2.0
#include "data/table.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "data/helpers.h"

using mx::test::Dribble;
using mx::test::read_rows;
using mx::test::Row;

namespace {

std::string message_of(std::string_view text, std::size_t limit = 1000) {
  Dribble in(text, 7);
  mx::TableReader reader(in, mx::TableFormat::csv, limit);
  std::vector<std::string_view> cells;
  try {
    while (reader.next(cells)) {
    }
  } catch (const mx::Error& e) {
    return e.message();
  }
  return {};
}

bool number(std::string_view text, double expected) {
  double value = -1;
  return mx::parse_number(text, value) && value == expected;
}

bool no_number(std::string_view text) {
  double value = 0;
  return !mx::parse_number(text, value);
}

}  // namespace

TEST_CASE("cells are read as they are in life") {
  CHECK(read_rows("a,b\r\n1,2") == std::vector<Row>{{"a", "b"}, {"1", "2"}});
  CHECK(read_rows("\xef\xbb\xbf"
                  "a,b\n1,\n") == std::vector<Row>{{"a", "b"}, {"1", ""}});
  CHECK(read_rows("\n\na\n  \n\r\nb\n\n") == std::vector<Row>{{"a"}, {"b"}});
  CHECK(read_rows("a\tb,c\n", mx::TableFormat::tsv) == std::vector<Row>{{"a", "b,c"}});
  CHECK(read_rows("\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\"\r\n") ==
        std::vector<Row>{{"a,b", "say \"hi\"", "two\r\nlines"}});
  CHECK(read_rows("5\" disk,x\n") == std::vector<Row>{{"5\" disk", "x"}});
  CHECK(read_rows("\"\"\n\"\",\n") == std::vector<Row>{{""}, {"", ""}});
  CHECK(read_rows("a,\"b\"\r") == std::vector<Row>{{"a", "b"}});
  CHECK(read_rows("").empty());
  CHECK(read_rows("\xef\xbb\xbf").empty());
}

TEST_CASE("rows know the line on which they began") {
  Dribble in("a,b\n\n\"1\n2\",3\n4,5\n", 3);
  mx::TableReader reader(in, mx::TableFormat::csv);
  std::vector<std::string_view> cells;
  std::vector<std::uint64_t> lines;
  while (reader.next(cells)) lines.push_back(reader.line());
  CHECK(lines == std::vector<std::uint64_t>{1, 3, 5});
}

TEST_CASE("what cannot be read is refused with its line") {
  CHECK(message_of("a,b\n1,\"2\n") == "rows.csv line 2: a quote is opened and never closed");
  CHECK(message_of("a,b\n\"1\"x,2\n") == "rows.csv line 2: text stands behind a closing quote");
  CHECK(message_of("a\n" + std::string(50, 'x') + "\nb\n", 40) ==
        "rows.csv line 2: a row of more than 40 B");
  CHECK(message_of("a\n\"" + std::string(500, 'x'), 40) ==
        "rows.csv line 2: a row of more than 40 B");
  CHECK(message_of(std::string_view("a\0b\n", 4)) == "rows.csv is not text: it holds NUL bytes");
  CHECK(message_of("\xff\xfe"
                   "a") == "rows.csv is UTF-16 text");
}

TEST_CASE("after a row that cannot be read the next one comes") {
  Dribble in("\"1\"x,2\n3,4\n", 1);
  mx::TableReader reader(in, mx::TableFormat::csv);
  std::vector<std::string_view> cells;
  CHECK_THROWS_AS((void)reader.next(cells), mx::Error);
  REQUIRE(reader.next(cells));
  CHECK(cells[0] == "3");
  CHECK(reader.line() == 2);
  CHECK_FALSE(reader.next(cells));
}

TEST_CASE("a live pipe is read no further than the row that is asked for") {
  Dribble in("1,2\n3,4\n5", 4);
  mx::TableReader reader(in, mx::TableFormat::csv);
  std::vector<std::string_view> cells;
  REQUIRE(reader.next(cells));
  CHECK(in.position() == 4);
  CHECK_FALSE(reader.buffered());
  Dribble all("1,2\n3,4\n5", 100);
  mx::TableReader whole(all, mx::TableFormat::csv);
  REQUIRE(whole.next(cells));
  CHECK(whole.buffered());
  REQUIRE(whole.next(cells));
  CHECK_FALSE(whole.buffered());  // "5" may go on
}

TEST_CASE("random tables come back as they were written, however they dribble in") {
  mx::Random random(7);
  const std::string letters =
      "ab \"\r\n,\t\xc3\xa4"
      "0";
  for (int round = 0; round < 300; ++round) {
    const bool tabs = random.below(2) == 1;
    const char delimiter = tabs ? '\t' : ',';
    const std::size_t columns = 1 + random.below(4);
    std::vector<Row> rows(random.below(6), Row(columns));
    std::string text;
    for (Row& row : rows) {
      for (std::size_t c = 0; c < columns; ++c) {
        const std::size_t size = random.below(random.below(9) == 0 ? 60 : 5);
        while (row[c].size() < size) row[c] += letters[random.below(letters.size())];
        if (c > 0) text += delimiter;
        text += mx::test::write_cell(row[c], delimiter, columns == 1, random);
      }
      text += random.below(2) == 0 ? "\n" : "\r\n";
      if (random.below(5) == 0) text += "\n";
    }
    const auto format = tabs ? mx::TableFormat::tsv : mx::TableFormat::csv;
    for (const std::size_t step : {std::size_t{1}, 1 + random.below(40), std::size_t{1} << 20U}) {
      CHECK(read_rows(text, format, step) == rows);
    }
  }
}

TEST_CASE("a row across many reads of the buffer is whole") {
  const std::string wide(700000, 'x');
  const std::string quoted(600000, '\n');
  const std::vector<Row> rows = {{wide, quoted, "1"}, {"a", "", wide}};
  const std::string text = wide + ",\"" + quoted + "\",1\na,," + wide;
  CHECK(read_rows(text) == rows);
  CHECK(read_rows(text, mx::TableFormat::csv, 65521) == rows);
}

TEST_CASE("numbers are finite decimals and nothing else") {
  CHECK(number("0", 0));
  CHECK(number(" 16 ", 16));
  CHECK(number("-1.25", -1.25));
  CHECK(number("+3", 3));
  CHECK(number(".5", 0.5));
  CHECK(number("5.", 5));
  CHECK(number("1e3", 1000));
  CHECK(number("0.1", 0.1));
  CHECK(number("123456789012345", 123456789012345.0));
  CHECK(number("0.1234567890123456789", 0.1234567890123456789));
  CHECK(number("2.2250738585072014e-308", 2.2250738585072014e-308));
  CHECK(number("1e-999", 0));
  for (const auto* text : {"", "-", "+", ".", "+-1", "--1", "1,5", "0x10", "inf", "nan", "1e999",
                           "1e", "12a", "1 2", "e5", "1.2.3", "1-2"}) {
    CAPTURE(text);
    CHECK(no_number(text));
  }
}

TEST_CASE("missing values have the usual names") {
  for (const auto* text : {"", " ", "NA", "n/a", "NaN", "NULL", "?", " ? "}) {
    CAPTURE(text);
    CHECK(mx::is_missing(text));
  }
  for (const auto* text : {"0", "none", "-", "nano", "n.a"}) {
    CAPTURE(text);
    CHECK_FALSE(mx::is_missing(text));
  }
}
