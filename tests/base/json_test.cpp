// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <doctest/doctest.h>

#include <limits>

#include "refusal.h"

namespace mx {
namespace {

using test::refusal;

std::string again(std::string_view text) { return dump_json(parse_json(text, "it")); }
std::string refused(std::string_view text) {
  return refusal([&] { (void)parse_json(text, "it"); });
}

TEST_CASE("values are written shortest, on one line, keys in their order") {
  CHECK(again(" { \"b\" : 1 ,\n\"a\": [ 1.50, -0.1, 1e3, true, null, \"\\u00e4\\n\" ] } ") ==
        "{\"b\":1,\"a\":[1.5,-0.1,1000.0,true,null,\"\xc3\xa4\\n\"]}");
  CHECK(again("0.1") == "0.1");
  CHECK(again("18446744073709551615") == "18446744073709551615");
  CHECK(again("-9223372036854775808") == "-9223372036854775808");
}

TEST_CASE("text that is not JSON is refused with its place") {
  for (const std::string_view text :
       {"", "{", "[1,]", "{\"a\":1,}", "{a:1}", "[1] 2", "nul", "01", "'a'", "[NaN]", "[1] //",
        "\"\xff\"", "\"\xc0\x80\"", "\"a\nb\"", "\"\\ud800\"", "1e999", "[1", "\"a"}) {
    CHECK_MESSAGE(refused(text).starts_with("it is not valid JSON"), std::string(text));
  }
  CHECK(refused(std::string_view("[1]\0", 4)).starts_with("it is not valid JSON"));
  CHECK(refused("[1,x]") == "it is not valid JSON at byte 4");
}

TEST_CASE("a key that stands twice is refused, at any depth") {
  CHECK(refused("{\"a\":1,\"a\":1}") == "it: the key \"a\" stands twice");
  CHECK(refused("[{\"b\":{\"a\":1,\"\\u0061\":2}}]") == "it: the key \"a\" stands twice");
  CHECK(again("{\"a\":{\"a\":1},\"b\":{\"a\":1}}") == "{\"a\":{\"a\":1},\"b\":{\"a\":1}}");
}

TEST_CASE("nesting over 32 is refused however deep it goes") {
  CHECK(again(std::string(32, '[') + std::string(32, ']')).size() == 64);
  CHECK(refused(std::string(33, '[') + std::string(33, ']')) == "it is nested deeper than 32");
  CHECK(refused(std::string(200000, '[')) == "it is nested deeper than 32");
}

TEST_CASE("an object of very many keys is read in time in proportion to it") {
  std::string text = "{";
  for (int i = 0; i < 200000; ++i) text += fmt::format("{}\"{}\":0", i == 0 ? "" : ",", i);
  text += "}";
  CHECK(parse_json(text, "it").size() == 200000);  // minutes, were each key looked up in turn
}

TEST_CASE("numbers that are not finite are not written") {
  CHECK(refusal([] { (void)dump_json(Json(std::numeric_limits<double>::quiet_NaN())); },
                Kind::failed) == "a number to be written as JSON is not finite");
  const Json deep = {{"a", {1, {{"b", std::numeric_limits<double>::infinity()}}}}};
  CHECK(refusal([&] { (void)dump_json(deep); }, Kind::failed) != "no error");
}

TEST_CASE("an object gives typed values and refuses all else") {
  const Json json = parse_json(
      R"({"i":5,"f":1.5,"b":true,"s":"x","l":[1,2],"t":["a"],"n":[0.5,1],"u":18446744073709551615})",
      "it");
  JsonObject object(json, "it");
  CHECK(object.integer("i", 0, 10) == 5);
  CHECK(object.number("i") == 5);
  CHECK(object.number("f") == 1.5);
  CHECK(object.boolean("b"));
  CHECK(object.text("s") == "x");
  CHECK(object.integers("l", 0, 2) == std::vector<std::int64_t>{1, 2});
  CHECK(object.texts("t") == std::vector<std::string>{"a"});
  CHECK(object.numbers("n") == std::vector<double>{0.5, 1});
  CHECK(object.integer_or("no", 0, 1, 7) == 7);
  CHECK(object.text_or("no", "y") == "y");
  CHECK(refusal([&] { (void)object.integer("i", 0, 4); }) == "it: \"i\" is not within 0 and 4");
  CHECK(refusal([&] { (void)object.integer("f", 0, 4); }) == "it: \"f\" is not a whole number");
  CHECK(refusal([&] { (void)object.integer("u", INT64_MIN, INT64_MAX); }) != "no error");
  CHECK(refusal([&] { (void)object.integers("l", 0, 1); }) != "no error");
  CHECK(refusal([&] { (void)object.boolean("i"); }) == "it: \"i\" is not true or false");
  CHECK(refusal([&] { (void)object.text("i"); }) == "it: \"i\" is not a string");
  CHECK(refusal([&] { (void)object.texts("l"); }) == "it: \"l\" is not a list of strings");
  CHECK(refusal([&] { (void)object.at("gone"); }) == "it: \"gone\" is missing");
  object.finish();
  JsonObject other(json, "it");
  (void)other.at("i");
  CHECK(refusal([&] { other.finish(); }) == "it: the key \"f\" is not known");
  CHECK(refusal([&] { JsonObject(json["l"], "it"); }) == "it is not a JSON object");
}

}  // namespace
}  // namespace mx
