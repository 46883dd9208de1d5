// SPDX-License-Identifier: Apache-2.0
#include "base/words.h"

#include <doctest/doctest.h>

#include "refusal.h"

namespace mx {
namespace {

const std::vector<std::string> kFlags = {"--learning-rate", "--epochs", "--lr", "--layers"};

TEST_CASE("the closest word is found through typos, swaps and missing letters") {
  CHECK(closest("--lerning-rate", kFlags) == "--learning-rate");
  CHECK(closest("--learning_rate", kFlags) == "--learning-rate");
  CHECK(closest("--epcohs", kFlags) == "--epochs");
  CHECK(closest("--epoch", kFlags) == "--epochs");
  CHECK(closest("--rl", kFlags) == "--lr");
  CHECK(closest("--something", kFlags).empty());
  CHECK(closest("", kFlags).empty());
  CHECK(closest(std::string(100000, 'x'), kFlags).empty());
  CHECK(did_you_mean("--epoch", kFlags) == "did you mean --epochs");
  CHECK(did_you_mean("--something", kFlags).empty());
}

TEST_CASE("what could move a terminal's cursor is escaped") {
  CHECK(printable("plain \xc3\xa4 \xe2\x82\xac") == "plain \xc3\xa4 \xe2\x82\xac");
  CHECK(printable("a\x1b[31m\n\x7f") == "a\\x1b[31m\\x0a\\x7f");
  CHECK(printable("\xff\xc3") == "\\xff\\xc3");
  CHECK(printable("\xc2\x9b") == "\\xc2\\x9b");  // a control sequence in one character
  CHECK(printable("a\\x1b") == "a\\\\x1b");
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
  // An override of direction, a zero-width space, a line separator, a tag and a soft hyphen.
  CHECK(printable("a\xe2\x80\xae"
                  "b\xe2\x80\x8b\xe2\x80\xa8") ==
        "a\\xe2\\x80\\xaeb\\xe2\\x80\\x8b\\xe2\\x80\\xa8");
  CHECK(printable("\xf3\xa0\x81\x81\xc2\xad") == "\\xf3\\xa0\\x81\\x81\\xc2\\xad");
}

TEST_CASE("a word of a shell is seen whole, and read back as it was") {
  CHECK(mx::shell_word("a/b-c=1") == "a/b-c=1");
  CHECK(mx::shell_word("") == "''");
  CHECK(mx::shell_word("it's\nso") == "'it'\\''s\nso'");
  CHECK(mx::shell_word("\xc3\xb6 \xc3\x9f") == "'\xc3\xb6 \xc3\x9f'");
  CHECK(mx::shell_word("\x1b[2J'\\") == "$'\\x1b[2J\\'\\\\'");
  CHECK(mx::shell_word("\xe2\x80\xae!") == "$'\\xe2\\x80\\xae!'");
}

TEST_CASE("UTF-8 is valid only in its shortest form and below the last character") {
  CHECK(valid_utf8("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"));
  for (const std::string_view bad :
       {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xfe"}) {
    CHECK(!valid_utf8(bad));
  }
}

TEST_CASE("sizes are read and written as people do") {
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(668712345) == "668,712,345");
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(999) == "999 B");
  CHECK(human_bytes(1500) == "1.50 KB");
  CHECK(human_bytes(999999) == "1.00 MB");
  CHECK(human_bytes(3200000000) == "3.20 GB");
  CHECK(parse_bytes("4096") == 4096);
  CHECK(parse_bytes("1.5MB") == 1500000);
  CHECK(parse_bytes("300KB") == 300000);
  CHECK(parse_bytes("2GiB") == std::uint64_t{2} << 30);
  for (const std::string_view bad : {"", "MB", "1 MB", "-1", "1mb", "nan", "inf", "1e30", "1MBx"}) {
    CHECK(
        test::refusal([&] { (void)parse_bytes(bad); }, Kind::usage).ends_with("no size in bytes"));
  }
}

TEST_CASE("times are written as people do") {
  CHECK(human_seconds(4.24) == "4.2 s");
  CHECK(human_seconds(200) == "3 min 20 s");
  CHECK(human_seconds(7500) == "2 h 5 min");
  CHECK(human_seconds(-1) == "unknown");
  CHECK(human_seconds(1e300) == "unknown");
}

TEST_CASE("splitting keeps empty parts") {
  CHECK(split("a,,b,", ',') == std::vector<std::string>{"a", "", "b", ""});
  CHECK(split("", ',') == std::vector<std::string>{""});
}

}  // namespace
}  // namespace mx
