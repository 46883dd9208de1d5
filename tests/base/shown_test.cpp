// SPDX-License-Identifier: Apache-2.0
#include "base/shown.h"

#include <doctest/doctest.h>

#include "base/json.h"
#include "base/json_limit.h"
#include "base/words.h"
#include "refusal.h"

namespace mx {
namespace {

TEST_CASE("names show what is not seen, and what a terminal would obey") {
  for (const std::string_view unseen :
       {"\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x80\x8f", "\xd8\x9c", "\xe2\x80\x8b", "\xe2\x80\x8d",
        "\xe2\x81\xa0", "\xef\xbb\xbf", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9",
        "\xf3\xa0\x81\x81", "\xc2\xad", "\xef\xbf\xbe"}) {
    const std::string shown = printable(unseen);
    CAPTURE(shown);
    CHECK(shown.size() == 4 * unseen.size());
    CHECK(shown.starts_with("\\x"));
    // The same value, in plain ASCII.
    const std::string json = dump_json(Json(std::string(unseen)));
    const std::string safe = shown_json(json);
    CHECK(safe.starts_with("\"\\u"));
    CHECK(parse_json(safe, "it") == parse_json(json, "it"));
  }
  CHECK(shown_json("{\"\x7f\":\"\xc3\xa4\"}") == "{\"\\u007f\":\"\xc3\xa4\"}");
  CHECK(shown_json("\"\xf3\xa0\x81\x81\"") == "\"\\udb40\\udc41\"");
  CHECK(shown_json("{\"a\":[1,\"b\"]}") == "{\"a\":[1,\"b\"]}");
}

TEST_CASE("a text is shown as it is but for what a terminal would obey") {
  CHECK(shown_text("a\tb\n\\ \xe2\x80\x8d\xc3\xa4") == "a\tb\n\\ \xe2\x80\x8d\xc3\xa4");
  CHECK(shown_text("\x1b[31m\r\a\xc2\x9b\xff\x7f") == "\\x1b[31m\\x0d\\x07\\xc2\\x9b\\xff\\x7f");
}

TEST_CASE("JSON of too many values is refused before any is made") {
  const auto list = [](std::size_t values) {  // and one for the list itself
    std::string out = "[";
    for (std::size_t i = 1; i < values; ++i) out += "0,";
    return out + "0]";
  };
  CHECK(parse_json(list(kMaxJsonValues - 1), "it").size() == kMaxJsonValues - 1);
  CHECK(test::refusal([&] { (void)parse_json(list(kMaxJsonValues + 1), "it"); }) ==
        "it holds over 262144 values");
  CHECK(parse_long_json(list(kMaxJsonValues + 1), "it", 1 << 20).size() == kMaxJsonValues + 1);
  // Commas and brackets inside texts are none; those behind an escaped quote are inside.
  const std::string text = "\"\\\"" + std::string(kMaxJsonValues, ',') + "\"";
  CHECK(parse_json("[" + text + "]", "it").size() == 1);
}

}  // namespace
}  // namespace mx
