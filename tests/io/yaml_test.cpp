// SPDX-License-Identifier: Apache-2.0
#include "io/yaml.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "folder.h"

namespace mx::io {
namespace {

std::string refusal(std::string_view text) {
  try {
    (void)parse_yaml(text, "c.yaml");
  } catch (const Error& e) {
    CHECK(e.kind() == Kind::usage);
    return e.message();
  }
  return "no error";
}

std::string json(std::string_view text) { return dump_json(parse_yaml(text, "c.yaml").value); }

TEST_CASE("scalars are what YAML's core schema says, quoted ones are text") {
  CHECK(json("[1, -2, +3, 1.5, .5, 1e-3, true, false, null, ~, yes, no, 007, '1', \"true\"]") ==
        R"([1,-2,3,1.5,0.5,0.001,true,false,null,null,"yes","no",7,"1","true"])");
  CHECK(json("[1-2, 1/5, .inf, .nan, 0x10, 1.2.3, '', -, e, .]") ==
        R"(["1-2","1/5",".inf",".nan","0x10","1.2.3","","-","e","."])");
}

TEST_CASE("keys keep their order, values their lines and words") {
  const Yaml yaml = parse_yaml("b: 1\n# text\na:\n  - 007\n  - x\nc/d: {e~: 2}\n", "c.yaml");
  CHECK(dump_json(yaml.value) == R"({"b":1,"a":[7,"x"],"c/d":{"e~":2}})");
  CHECK(yaml.lines.at("/b") == 1);
  CHECK(yaml.lines.at("/a/1") == 5);
  CHECK(yaml.lines.at("/c~1d/e~0") == 6);
  CHECK(yaml.texts.at("/a/0") == "007");
  CHECK(parse_yaml("a:\nb:\n  2\n", "c.yaml").lines.at("/a") == 1);
}

TEST_CASE("an empty file is null") {
  CHECK(json("") == "null");
  CHECK(json("# only words\n") == "null");
  CHECK(json("---\n") == "null");
}

TEST_CASE("what could be read in two ways is refused with its line") {
  CHECK(refusal("a: 1\nb: 2\na: 3\n") == "c.yaml:3: the key 'a' stands twice");
  CHECK(refusal("a: &x [1]\n").find("c.yaml:1: an anchor") == 0);
  CHECK(refusal("a: [1]\nb: *x\n").find("c.yaml:2:") == 0);
  CHECK(refusal("a: !!python/object x\n").find("c.yaml:1: the tag") == 0);
  CHECK(refusal("a: 1\n---\nb: 2\n") == "c.yaml holds more than one YAML document");
  CHECK(refusal("? [a]\n: 1\n") == "c.yaml:1: a key must be a word");
  CHECK(refusal("a: 1\n b: 2\n").find("c.yaml:2:") == 0);
  CHECK(refusal("a: [1, 2\n").find("c.yaml:") == 0);
  CHECK(refusal("a: \xff\n") == "c.yaml is not UTF-8 text");
  CHECK(refusal("a: 1\nb: \x04 2\n") == "c.yaml:2: a control character is not allowed");
}

TEST_CASE("many keys take time that grows with them, too many values are refused") {
  std::string text;
  for (int i = 0; i < 70'000; ++i) text += fmt::format("k{}: 1\n", i);
  CHECK(parse_yaml(text, "c.yaml").value.size() == 70'000);
  CHECK(refusal(text + "k7: 1\n") == "c.yaml:70001: the key 'k7' stands twice");
  std::string list = "[";
  for (int i = 0; i < 300'000; ++i) list += "1,";
  CHECK(refusal(list + "1]") == "c.yaml:1: there are over 262144 values");
}

TEST_CASE("deep nesting and expanding aliases are refused") {
  CHECK(refusal(std::string(33, '[') + std::string(33, ']')) == "c.yaml:1: nested deeper than 32");
  CHECK(refusal(std::string(32, '[') + std::string(32, ']')) == "no error");
  CHECK(refusal(std::string(100000, '[')).find("c.yaml:1:") == 0);
  CHECK(refusal(std::string(100000, '{')).find("c.yaml:1:") == 0);
  std::string dashes;
  for (int i = 0; i < 20000; ++i) dashes += "- ";
  CHECK(refusal(dashes).find("nested deeper than 32") != std::string::npos);
  std::string laughs = "a: &a [lol]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    laughs += fmt::format("{0}: &{0} [*{1},*{1},*{1},*{1}]\n", c, static_cast<char>(c - 1));
  }
  CHECK(refusal(laughs).find("anchor") != std::string::npos);
}

TEST_CASE("a file is read whole, and no larger than 1 MiB") {
  const test::Folder folder;
  test::write_file(folder / "c.yaml", "lr: 0.1\n");
  CHECK(dump_json(read_yaml(folder / "c.yaml").value) == R"({"lr":0.1})");
  test::write_file(folder / "large.yaml", "# " + std::string(1 << 20, 'x'));
  CHECK_THROWS_AS((void)read_yaml(folder / "large.yaml"), Error);
}

}  // namespace
}  // namespace mx::io
