// SPDX-License-Identifier: Apache-2.0
#include "infer/confusion.h"

#include <doctest/doctest.h>

namespace mx {
namespace {

const std::vector<std::string> kNames = {"cat", "dog", "owl"};

// Two cats, one taken for a dog; three dogs, one taken for a cat; no owl and none predicted.
Confusion pairs() {
  const std::vector<std::int64_t> labels = {0, 0, 1, 1, 1};
  const std::vector<std::int64_t> predicted = {0, 1, 1, 1, 0};
  return confusion(labels, predicted, 3);
}

TEST_CASE("precision is of the rows predicted as a class, recall of the rows that are it") {
  const Confusion out = pairs();
  CHECK(out.classes[0].n == 2);
  CHECK(*out.classes[0].precision == doctest::Approx(0.5));
  CHECK(*out.classes[0].recall == doctest::Approx(0.5));
  CHECK(*out.classes[1].precision == doctest::Approx(2.0 / 3));
  CHECK(*out.classes[1].recall == doctest::Approx(2.0 / 3));
  CHECK_FALSE(out.classes[2].precision);
  CHECK_FALSE(out.classes[2].recall);
  CHECK(out.counts == std::vector<std::uint64_t>{1, 1, 0, 1, 2, 0, 0, 0, 0});
}

TEST_CASE("JSON has a row of counts for each true class, and null where nothing can be said") {
  Json out = Json::object();
  add_to(out, pairs(), kNames);
  CHECK(dump_json(out["confusion"]) == "[[1,1,0],[1,2,0],[0,0,0]]");
  CHECK(dump_json(out["classes"][0]) == R"({"name":"cat","precision":0.5,"recall":0.5,"n":2})");
  CHECK(dump_json(out["classes"][2]) == R"({"name":"owl","precision":null,"recall":null,"n":0})");
}

TEST_CASE("the tables align, whatever the names hold") {
  const std::vector<std::string> names = {"ä", "a\x1b[m name that is long", "owl"};
  CHECK(describe(pairs(), names) ==
        "  class             rows  precision  recall\n"
        "  ä                    2     0.5000  0.5000\n"
        "  a\\x1b[m name tha     3     0.6667  0.6667\n"
        "  owl                  0          -       -\n"
        "  true \\ predicted  ä  a\\x1b[m name tha  owl\n"
        "  ä                 1                 1    0\n"
        "  a\\x1b[m name tha  1                 2    0\n"
        "  owl               0                 0    0\n");
}

TEST_CASE("many classes have their scores, but no table of pairs") {
  const std::vector<std::int64_t> labels = {0, 2000};
  const Confusion out = confusion(labels, labels, 2001);
  CHECK(out.counts.empty());
  CHECK(*out.classes[2000].recall == 1);
  Json json = Json::object();
  add_to(json, out, std::vector<std::string>(2001));
  CHECK_FALSE(json.contains("confusion"));
  CHECK(describe(out, {}) == "precision and recall of 2001 classes: see --json\n");
}

}  // namespace
}  // namespace mx
