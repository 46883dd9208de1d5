// SPDX-License-Identifier: Apache-2.0
#include "data/schema.h"

#include <doctest/doctest.h>
#include <zstd.h>

#include <array>
#include <cmath>

#include "base/error.h"
#include "data/helpers.h"
#include "data/learn.h"
#include "data/words.h"
#include "io/input.h"

namespace {

using Cells = std::vector<std::string_view>;

mx::Schema learn(const mx::LearnOptions& options, std::vector<std::string> columns,
                 std::vector<std::size_t> features, std::vector<std::size_t> labels,
                 const std::vector<Cells>& rows) {
  mx::SchemaLearner learner(options, columns, std::move(features), std::move(labels));
  for (const Cells& row : rows) learner.add(row);
  if (learner.needs_categories()) {
    for (const Cells& row : rows) learner.add_categories(row);
  }
  return learner.finish();
}

mx::Schema animals() {
  return learn({}, {"age", "fur", "kind"}, {0, 1}, {2},
               {{"1", "red", "10"}, {"3", "", "9"}, {"", " blue ", "cat"}, {"5", "red", "10"}});
}

std::string refusal(const std::string& json) {
  try {
    (void)mx::schema_from_json(mx::parse_json(json, "test"));
  } catch (const mx::Error& e) {
    CHECK(e.kind() == mx::Kind::input);
    return e.message();
  }
  return {};
}

}  // namespace

TEST_CASE("numeric and categorical columns are told apart by their cells") {
  const mx::Schema schema = animals();
  REQUIRE(schema.features.size() == 2);
  CHECK(schema.features[0].numeric);
  CHECK(schema.features[0].missing);
  CHECK(schema.features[0].mean == doctest::Approx(3));
  CHECK(schema.features[0].scale == doctest::Approx(std::sqrt(8.0 / 3)).epsilon(1e-3));
  CHECK_FALSE(schema.features[1].numeric);
  CHECK(schema.features[1].categories == std::vector<std::string>{"blue", "red"});
  CHECK(schema.classes == std::vector<std::string>{"9", "10", "cat"});
  CHECK(schema.inputs() == 4);
  CHECK(schema.outputs() == 3);
  CHECK(schema.input == mx::Shape{4});
}

TEST_CASE("rows are encoded as the schema says") {
  const mx::Schema schema = animals();
  const std::vector<std::string> columns = {"kind", "fur", "id", "age"};
  mx::RowEncoder encoder(schema, columns);
  CHECK(encoder.extra() == std::vector<std::string>{"id"});
  CHECK(encoder.has_labels());
  std::array<float, 4> x = {9, 9, 9, 9};
  encoder.encode(Cells{"cat", "red", "7", "3"}, x);
  CHECK(x == std::array<float, 4>{0, 0, 0, 1});
  encoder.encode(Cells{"cat", "green", "7", "NA"}, x);
  CHECK(x == std::array<float, 4>{0, 1, 0, 0});
  CHECK(encoder.label(Cells{" 10 ", "", "", ""}) == 1);
  CHECK_THROWS_WITH_AS(encoder.encode(Cells{"cat", "red", "7", "abc"}, x),
                       "'abc' in column age is not a number", mx::Error);
  CHECK_THROWS_WITH_AS(encoder.encode(Cells{"cat"}, x), "1 cells for 4 columns", mx::Error);
  CHECK_THROWS_AS((void)encoder.label(Cells{"dog", "", "", ""}), mx::Error);
}

TEST_CASE("missing and doubled columns are named") {
  const mx::Schema schema = animals();
  const auto columns = [&](std::vector<std::string> names) {
    try {
      mx::RowEncoder encoder(schema, names);
      return std::string(encoder.has_labels() ? "labels" : "no labels");
    } catch (const mx::Error& e) {
      return e.message() + "; " + e.hint();
    }
  };
  CHECK(columns({"age", "fur"}) == "no labels");
  CHECK(columns({"age", "furr", "kind"}) == "the column fur is missing; is fur called furr here");
  CHECK(columns({"age", "fur", "age", "kind"}) == "the column age stands twice; ");
  CHECK(columns({"x"}).starts_with("the columns age, fur are missing; "));
}

TEST_CASE("constant and missing columns cannot divide by zero") {
  const mx::Schema schema = learn({}, {"a", "b", "c", "y"}, {0, 1, 2}, {3},
                                  {{"0.1", "", "1e9", "x"}, {"0.1", "NA", "1000000001", "y"}});
  CHECK(schema.features[0].mean == doctest::Approx(0.1));
  CHECK(schema.features[0].scale == 1);
  CHECK(schema.features[1].numeric);
  CHECK_FALSE(schema.features[1].missing);
  CHECK(schema.features[2].mean == 1000000000.5);
  CHECK(schema.features[2].scale == 0.5);
}

TEST_CASE("scaling is the one that was asked for") {
  const std::vector<Cells> rows = {{"1", "2"}, {"3", "6"}};
  const mx::Schema minmax =
      learn({mx::Task::regress, mx::Scaling::minmax, true}, {"a", "y"}, {0}, {1}, rows);
  CHECK(minmax.features[0].mean == 1);
  CHECK(minmax.features[0].scale == 2);
  CHECK(minmax.targets[0].mean == 2);
  CHECK(minmax.targets[0].scale == 4);
  const mx::Schema none =
      learn({mx::Task::regress, mx::Scaling::none, true}, {"a", "y"}, {0}, {1}, rows);
  const std::vector<std::string> columns = {"y", "a"};
  mx::RowEncoder encoder(none, columns);
  std::array<float, 1> y = {};
  encoder.targets(Cells{"6", "3"}, y);
  CHECK(y[0] == 6.0F);
  encoder.encode(Cells{"6", "3"}, y);
  CHECK(y[0] == 3.0F);
}

TEST_CASE("labels that cannot be learned from are refused") {
  CHECK_THROWS_WITH_AS(learn({}, {"a", "y"}, {0}, {1}, {{"1", " "}}), "the label y is missing",
                       mx::Error);
  CHECK_THROWS_WITH_AS(learn({mx::Task::regress}, {"a", "y"}, {0}, {1}, {{"1", "cat"}}),
                       "'cat' in column y is not a number", mx::Error);
  CHECK_THROWS_WITH_AS(learn({}, {"a", "y"}, {0}, {1}, {}), "there are no rows to train on",
                       mx::Error);
  mx::SchemaLearner learner({}, std::vector<std::string>{"a", "y"}, {0}, {1});
  const auto fill = [&] {
    for (std::size_t i = 0; i <= mx::kMostCategories; ++i) {
      const std::string name = std::to_string(i);
      learner.add(Cells{"1", name});
    }
  };
  CHECK_THROWS_WITH_AS(fill(), "column y has more than 65536 classes", mx::Error);
}

TEST_CASE("numbers keep as few digits as they need") {
  CHECK(mx::few_digits(0.1F, 1e-8) == 0.1);
  CHECK(mx::few_digits(16, 1e-7) == 16);
  CHECK(mx::few_digits(1.0 / 3, 1e-4) == 0.3333);
  CHECK(mx::few_digits(1.0 / 3, 0) == 1.0 / 3);
}

TEST_CASE("a schema comes back from its JSON as it was") {
  mx::Schema schema = animals();
  CHECK(mx::schema_from_json(mx::to_json(schema)) == schema);
  schema.header = false;
  schema.input = {1, 2, 2};
  CHECK(mx::schema_from_json(mx::parse_json(mx::dump_json(mx::to_json(schema)), "x")) == schema);
  const mx::Schema regress = learn({mx::Task::regress}, {"a", "y", "z"}, {0}, {1, 2},
                                   {{"0.3", "1", "5"}, {"1e-7", "2.5", "7"}});
  CHECK(mx::schema_from_json(mx::parse_json(mx::dump_json(mx::to_json(regress)), "x")) == regress);
  mx::Schema image;
  image.source = mx::Schema::Source::image;
  image.label = "label";
  image.classes = {"0", "1"};
  image.input = {1, 28, 28};
  CHECK(mx::schema_from_json(mx::to_json(image)) == image);
}

TEST_CASE("names that count are written as runs") {
  const std::vector<std::string> words = {"p08", "p09", "p10", "p11", "x",  "9", "10", "11",
                                          "a1",  "a2",  "b",   "",    "00", "0", "1"};
  const mx::Json json = mx::words_to_json(words);
  CHECK(mx::dump_json(json) == R"([["p08","p11"],"x",["9","11"],"a1","a2","b","","00","0","1"])");
  std::size_t budget = 15;
  CHECK(mx::words_from_json(json, "x", budget) == words);
  CHECK(budget == 0);
  budget = 14;
  CHECK_THROWS_AS((void)mx::words_from_json(json, "x", budget), mx::Error);
}

TEST_CASE("random lists of words come back as they were") {
  mx::Random random(3);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::string> words;
    const std::string letters = "a0199";
    while (words.size() < 12) {
      std::string word;
      while (random.below(5) != 0) word += letters[random.below(letters.size())];
      words.push_back(word);
      while (random.below(2) == 0) words.push_back(word + std::to_string(words.size() + 90));
    }
    std::size_t budget = words.size();
    CHECK(mx::words_from_json(mx::words_to_json(words), "x", budget) == words);
  }
}

TEST_CASE("a schema that is not sound is refused") {
  const std::string good =
      R"({"task":"classify","label":"y","classes":["a","b"],"features":[{"names":["x"]}]})";
  CHECK(refusal(good).empty());
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return refusal(text);
  };
  CHECK(with("classify", "guess") == "the model's schema: the task 'guess' is not known");
  CHECK_FALSE(with(R"(["a","b"])", R"(["a","a"])").empty());
  CHECK_FALSE(with(R"(["a","b"])", R"([["0","999999999"]])").empty());
  CHECK_FALSE(with(R"(["a","b"])", R"([["b0","a9"]])").empty());
  CHECK_FALSE(with(R"(["a","b"])", R"([["0","09"]])").empty());
  CHECK_FALSE(with(R"(["a","b"])", "[]").empty());
  CHECK_FALSE(with(R"(["x"])", R"(["y"])").empty());
  CHECK_FALSE(with(R"(["x"])", R"(["x","x"])").empty());
  CHECK_FALSE(with(R"(["x"])", R"(["x"],"scale":0)").empty());
  CHECK_FALSE(with(R"(["x"])", R"(["x"],"scale":[1,2])").empty());
  CHECK_FALSE(with(R"(["x"])", R"(["x"],"categories":["b","a"])").empty());
  CHECK_FALSE(with(R"(["x"])", R"(["x"],"categories":["a"],"mean":1)").empty());
  CHECK_FALSE(with(R"(["x"])", R"([["x0","x99999"]],"categories":[["1000","1999"]])").empty());
  CHECK_FALSE(with(R"("features":)", R"("input":[2],"features":)").empty());
  CHECK_FALSE(with(R"("features":)", R"("source":"image","features":)").empty());
  CHECK_FALSE(with(R"("label")", R"("more":1,"label")").empty());
  CHECK_FALSE(
      refusal(R"({"task":"classify","source":"image","label":"y","classes":["a"]})").empty());
}

TEST_CASE("the schema of the digits costs less than 300 bytes") {
  const auto in = mx::io::open_input(MX_TEST_DATA "/digits.csv");
  mx::TableReader reader(*in, mx::TableFormat::csv);
  Cells cells;
  REQUIRE(reader.next(cells));
  const std::vector<std::string> columns(cells.begin(), cells.end());
  std::vector<std::size_t> features(64);
  for (std::size_t i = 0; i < 64; ++i) features[i] = i;
  mx::SchemaLearner learner({mx::Task::classify, mx::Scaling::minmax, true}, columns, features,
                            {64});
  while (reader.next(cells)) learner.add(cells);
  CHECK_FALSE(learner.needs_categories());
  const mx::Schema schema = learner.finish();
  const std::string json = mx::dump_json(mx::to_json(schema));
  std::string packed(1000, ' ');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), json.data(), json.size(), 19));
  CHECK(packed.size() < 200);
  CHECK(mx::schema_from_json(mx::parse_json(json, "x")) == schema);
}
