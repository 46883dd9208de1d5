// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <set>

#include "shrink/prune.h"

namespace mx {
namespace {

Kind kind_of(const std::string& pattern) {
  try {
    (void)parse_pattern(pattern);
  } catch (const Error& error) {
    return error.kind();
  }
  return Kind::failed;
}

TEST_CASE("patterns are read, whatever n and m") {
  CHECK(parse_pattern("free").kind == Pattern::Kind::free);
  CHECK(parse_pattern("neurons").structure == Structure::neurons);
  CHECK(parse_pattern("heads").structure == Structure::heads);
  const Pattern pattern = parse_pattern("3:16");
  CHECK(pattern.kind == Pattern::Kind::n_of_m);
  CHECK(pattern.n == 3);
  CHECK(pattern.m == 16);
}

TEST_CASE("patterns that mean nothing are refused as usage") {
  for (const char* text : {"", "2", "2:", ":4", "4:4", "5:4", "0:4", "-1:4", "2:4x", "2:99999999",
                           "neuron", "99999999999999999999:4"}) {
    CAPTURE(text);
    CHECK(kind_of(text) == Kind::usage);
  }
}

TEST_CASE("a mistyped pattern gets the closest one") {
  try {
    (void)parse_pattern("nuerons");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.hint().find("neurons") != std::string::npos);
  }
}

TEST_CASE("every field has a name of its own and help") {
  PruneOptions options;
  std::set<std::string_view> names;
  for (const Field& field : options.fields()) {
    CHECK_FALSE(field.help.empty());
    CHECK(names.insert(field.name).second);
  }
  CHECK(names.size() == 13);
}

}  // namespace
}  // namespace mx
