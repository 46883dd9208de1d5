// SPDX-License-Identifier: Apache-2.0
#include "data/rows.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "data/helpers.h"
#include "data/npy.h"

using mx::test::Row;

namespace {

class Named final : public mx::io::Input {  // a pipe with a name of one's own
 public:
  Named(std::string text, std::string name)
      : text_(std::move(text)), in_(text_, 3), name_(std::move(name)) {}
  std::size_t read(std::span<std::uint8_t> out) override { return in_.read(out); }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  std::string text_;
  mx::test::Dribble in_;
  std::string name_;
};

std::unique_ptr<mx::RowSource> open(std::string text, std::string name, bool header = true) {
  return mx::open_rows(std::make_unique<Named>(std::move(text), std::move(name)), header);
}

// Columns first; a row that is refused as its message.
std::vector<Row> all(std::string text, std::string name, bool header = true) {
  const auto rows = open(std::move(text), std::move(name), header);
  std::vector<Row> out = {rows->columns()};
  std::vector<std::string_view> cells;
  for (;;) {
    try {
      if (!rows->next(cells)) return out;
      out.emplace_back(cells.begin(), cells.end());
    } catch (const mx::Error& error) {
      out.push_back({error.message()});
    }
  }
}

std::string npy(mx::DType dtype, const mx::Shape& shape, std::string_view elements) {
  return mx::npy_header(dtype, shape) + std::string(elements);
}

}  // namespace

TEST_CASE("the format is told by the ending of the name, else by the first line") {
  CHECK(all("a\tb\n1\t2\n", "x.csv") == std::vector<Row>{{"a\tb"}, {"1\t2"}});
  CHECK(all("a\tb\n1\t2\n", "x.tsv") == std::vector<Row>{{"a", "b"}, {"1", "2"}});
  CHECK(all("a\tb\n1\t2\n", "x") == std::vector<Row>{{"a", "b"}, {"1", "2"}});
  CHECK(all("a,b\n1,2\n", "standard input") == std::vector<Row>{{"a", "b"}, {"1", "2"}});
  CHECK(all("\n{\"a\":1}\n", "x.jsonl.gz") == std::vector<Row>{{"a"}, {"1"}});
  CHECK(all("{\"a\":1}", "standard input") == std::vector<Row>{{"a"}, {"1"}});
  CHECK_THROWS_AS(all(std::string("\0\0\x08\x03", 4), "x"), mx::Error);
  CHECK_THROWS_AS(all(std::string("\0abcdefg", 8), "x.csv"), mx::Error);
}

TEST_CASE("columns without names go by their numbers") {
  CHECK(all("1,2\n3,4\n", "x.csv", false) == std::vector<Row>{{"1", "2"}, {"1", "2"}, {"3", "4"}});
  CHECK(all(",b\n3,4\n", "x.csv") == std::vector<Row>{{"1", "b"}, {"3", "4"}});
  CHECK(all("", "x.csv", false) == std::vector<Row>{{}});
  CHECK_THROWS_WITH_AS(all("", "x.csv"), "x.csv is empty", mx::Error);
}

TEST_CASE("a row of another width is refused and the next one comes") {
  CHECK(all("a,b\n1\n2,3\n", "x.csv") ==
        std::vector<Row>{{"a", "b"}, {"x.csv line 2: 1 cell for 2 columns"}, {"2", "3"}});
}

TEST_CASE("without a header, rows that cannot be read may come first") {
  CHECK(all("\"1\"x,2\n\"3\"y\n4,5\n6\n", "x.csv", false) ==
        std::vector<Row>{{"1", "2"},
                         {"x.csv line 1: text stands behind a closing quote"},
                         {"x.csv line 2: text stands behind a closing quote"},
                         {"4", "5"},
                         {"x.csv line 4: 1 cell for 2 columns"}});
}

TEST_CASE("JSON lines are rows of their keys") {
  CHECK(
      all(R"({"a":1,"b":"x, y"}

{"b":null,"a":-0.5}
{"a":true,"b":12345678901234567890}
)",
          "x.jsonl") ==
      std::vector<Row>{{"a", "b"}, {"1", "x, y"}, {"-0.5", ""}, {"true", "12345678901234567890"}});
}

TEST_CASE("JSON lines that do not fit are refused, wherever they stand") {
  CHECK(all("[1]\n{\"a\":1,\"b\":2}\n{\"a\":1}\n{\"a\":1,\"b\":[2]}\n{\"a\":1,\"b\":2,\"c\":3}\n"
            "{\"a\":\n{\"a\":5,\"b\":6}\n",
            "x.jsonl") == std::vector<Row>{{"a", "b"},
                                           {"x.jsonl line 1 is not a JSON object"},
                                           {"1", "2"},
                                           {"x.jsonl line 3: the key 'b' is missing"},
                                           {"x.jsonl line 4: the value of 'b' is a list or an "
                                            "object, not one value"},
                                           {"x.jsonl line 5: the key 'c' is not in the first row"},
                                           {"x.jsonl line 6 is not valid JSON at byte 6"},
                                           {"5", "6"}});
  CHECK_THROWS_AS(all("{}\n", "x.jsonl"), mx::Error);
  CHECK_THROWS_WITH_AS(all("\n", "x.jsonl"), "x.jsonl is empty", mx::Error);
}

TEST_CASE("arrays are rows of numbers") {
  const float values[] = {1.5F, 0.1F, std::numeric_limits<float>::quiet_NaN(), -2};
  const std::string_view raw(reinterpret_cast<const char*>(values), sizeof values);
  CHECK(all(npy(mx::DType::f32, {2, 2}, raw), "x.npy") ==
        std::vector<Row>{{"1", "2"}, {"1.5", "0.1"}, {"", "-2"}});
  CHECK(all(npy(mx::DType::u8, {3}, "\x01\x80\xff"), "x") ==
        std::vector<Row>{{"1"}, {"1"}, {"128"}, {"255"}});
  CHECK(all(npy(mx::DType::i8, {1, 1, 2}, "\x01\x80"), "x") ==
        std::vector<Row>{{"1", "2"}, {"1", "-128"}});
  CHECK(all(npy(mx::DType::f16, {1, 1}, std::string_view("\x00\x3e", 2)), "x") ==
        std::vector<Row>{{"1"}, {"1.5"}});
  CHECK_THROWS_AS(all(npy(mx::DType::f32, {}, raw), "x"), mx::Error);
}

TEST_CASE("arrays by columns are turned") {
  std::string file = npy(mx::DType::u8, {2, 3}, "\x01\x02\x03\x04\x05\x06");
  file.replace(file.find("False, "), 7, "True,  ");
  CHECK(all(file, "x") == std::vector<Row>{{"1", "2", "3"}, {"1", "3", "5"}, {"2", "4", "6"}});
}

TEST_CASE("rows of very many columns take time that grows with them") {
  constexpr int kKeys = 150'000;
  std::string first = "{", second = "{";
  for (int i = 0; i < kKeys; ++i) {
    first += fmt::format("{}\"k{}\":{}", i == 0 ? "" : ",", i, i);
    second += fmt::format("{}\"k{}\":{}", i == 0 ? "" : ",", kKeys - 1 - i, i);
  }
  const std::vector<Row> rows =
      all(first + "}\n" + second + "}\n" + first + ",\"more\":1}\n", "x.jsonl");
  REQUIRE(rows.size() == 4);
  CHECK(rows[1][7] == "7");
  CHECK(rows[2][7] == std::to_string(kKeys - 8));
  CHECK(rows[3][0] == "x.jsonl line 3: the key 'more' is not in the first row");
  const auto wide = open(std::string((1U << 20U) + 5, ',') + "\n1,2\n", "x.csv", false);
  CHECK(wide->columns().empty());
  std::vector<std::string_view> cells;
  CHECK_THROWS_WITH_AS((void)wide->next(cells), "x.csv line 1: a row of more than 1048576 cells",
                       mx::Error);
}

TEST_CASE("an array whose columns come first is held to the limit") {
  std::string array = npy(mx::DType::u8, {1000, 1000}, std::string(1'000'000, '\0'));
  array.replace(array.find("False"), 5, "True ");
  const auto open_within = [&](std::uint64_t limit) {
    return mx::open_rows(std::make_unique<Named>(array, "x.npy"), true, limit);
  };
  CHECK(open_within(2'000'000)->columns().size() == 1000);
  CHECK_THROWS_WITH_AS((void)open_within(1'999'999),
                       "x.npy asks for 2.00 MB of memory, over the limit of 2.00 MB", mx::Error);
}
