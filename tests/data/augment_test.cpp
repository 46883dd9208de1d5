// SPDX-License-Identifier: Apache-2.0
#include "data/augment.h"

#include <doctest/doctest.h>

#include <set>

#include "base/error.h"

namespace mx {
namespace {

Schema images() {
  Schema schema;
  schema.source = Schema::Source::image;
  schema.input = {1, 3, 3};
  return schema;
}

TEST_CASE("a shifted image is the image moved by whole pixels, zeros moving in") {
  const std::vector<float> image = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  const Shift shift("shift:1", images());
  Random random(1);
  std::set<std::vector<float>> seen;
  for (int i = 0; i < 200; ++i) {
    std::vector<float> out(9);
    shift.apply(image, out, random);
    seen.insert(out);
  }
  CHECK(seen.size() == 9);
  CHECK(seen.contains(image));
  CHECK(seen.contains({0, 1, 2, 0, 4, 5, 0, 7, 8}));  // right
  CHECK(seen.contains({4, 5, 6, 7, 8, 9, 0, 0, 0}));  // up
  CHECK(seen.contains({0, 0, 0, 0, 1, 2, 0, 4, 5}));  // down and right
}

TEST_CASE("numbers of scaled columns are moved in the units of the column they come to") {
  Schema schema = images();
  schema.source = Schema::Source::table;
  schema.input = {1, 1, 2};
  schema.features = {{.name = "a", .mean = 10, .scale = 2, .categories = {}},
                     {.name = "b", .mean = 20, .scale = 4, .categories = {}}};
  CHECK_THROWS_AS(Shift("shift:1", schema), Error);  // nothing of a row of one would stay
  schema.input = {1, 2, 2};
  schema.features.push_back({.name = "c", .mean = 0, .scale = 1, .categories = {}});
  schema.features.push_back({.name = "d", .mean = 1, .scale = 1, .categories = {}});
  const Shift shift("shift:1", schema);
  const std::vector<float> row = {1, 2, 3, 4};  // 12, 28, 3, 5
  Random random(1);
  std::set<std::vector<float>> seen;
  for (int i = 0; i < 200; ++i) {
    std::vector<float> out(4);
    shift.apply(row, out, random);
    seen.insert(out);
  }
  CHECK(seen.contains({1, 2, 3, 4}));
  CHECK(seen.contains({-5, -2, 0, 2}));        // right: 0, 12, 0, 3
  CHECK(seen.contains({-3.5, -3.75, 0, -1}));  // up and right: 0, 3, 0, 0
}

TEST_CASE("what is no shift, or shifts no image, is refused with a hint") {
  for (const char* const text : {"shift", "shift:", "shift:0", "shift:-1", "shift:x", "turn:1"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(Shift(text, images()), Error);
  }
  CHECK_THROWS_AS(Shift("shift:3", images()), Error);
  Schema rows;
  rows.input = {9};
  try {
    const Shift shift("shift:1", rows);
    FAIL("was taken");
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::usage);
    CHECK(error.hint().find("--input-shape") != std::string::npos);
  }
}

}  // namespace
}  // namespace mx
