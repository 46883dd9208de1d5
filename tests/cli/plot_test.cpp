// SPDX-License-Identifier: Apache-2.0
#include "cli/plot.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "cli/sample.h"

namespace mx::cli::test {
namespace {

using Values = std::vector<double>;

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t out = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++out;
  }
  return out;
}

std::string drawn(std::vector<Dot> dots) {
  return figure({.title = "Loss (nats)",
                 .x_name = "step",
                 .series = {{.name = "validation", .dots = std::move(dots), .best = {}}}});
}

TEST_CASE("ticks are round numbers within the ends") {
  CHECK(ticks(0, 100, 6) == Values{0, 20, 40, 60, 80, 100});
  CHECK(ticks(0.13, 0.58, 5) == Values{0.2, 0.3, 0.4, 0.5});
  CHECK(ticks(-3, 12, 4) == Values{0, 5, 10});
  CHECK(ticks(1999, 2001, 3) == Values{1999, 2000, 2001});
  CHECK(ticks(0, 0.3, 4) == Values{0, 0.1, 0.2, 0.3});  // no 0.30000000000000004
  CHECK(ticks(1e-9, 9e-9, 5).size() >= 2);
}

TEST_CASE("ticks come to an end for every pair of ends") {
  constexpr double kMost = std::numeric_limits<double>::max();
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  CHECK(ticks(1, 1, 5).empty());
  CHECK(ticks(2, 1, 5).empty());
  CHECK(ticks(0, kNone, 5).empty());
  CHECK(ticks(-kMost, kMost, 5).empty());
  CHECK(ticks(0, 1, 0).empty());
  CHECK(ticks(1e17, 1e17 + 64, 5).size() <= 5);
  CHECK(ticks(0, std::numeric_limits<double>::denorm_min(), 5).size() <= 5);
  CHECK(ticks(0, kMost, 5).size() >= 2);
}

TEST_CASE("logarithmic ticks are 1, 2, 5 where few decades are, then powers of ten, then fewer") {
  CHECK(log_ticks(1, 60, 6) == Values{1, 2, 5, 10, 20, 50});
  CHECK(log_ticks(0.01, 100, 6) == Values{0.01, 0.1, 1, 10, 100});
  CHECK(log_ticks(1e-8, 1, 5) == Values{1e-8, 1e-6, 1e-4, 1e-2, 1});
}

TEST_CASE("ticks are written short, with the digits that tell them apart") {
  CHECK(tick_text(0.25, 0.05) == "0.25");
  CHECK(tick_text(0.5, 0.1) == "0.5");
  CHECK(tick_text(2000, 500) == "2000");
  CHECK(tick_text(20000, 5000) == "20k");
  CHECK(tick_text(12500, 500) == "12.5k");
  CHECK(tick_text(1.5e6, 5e5) == "1.5M");
  CHECK(tick_text(-0.0, 1) == "0");
  CHECK(tick_text(1e-5, 1e-5) == "1e-05");
}

TEST_CASE("one point, equal points and none can be drawn") {
  for (const std::vector<Dot>& dots : {std::vector<Dot>{{.x = 3, .y = 0.5}},
                                       {{.x = 1, .y = 2}, {.x = 2, .y = 2}},
                                       {{.x = 0, .y = 0}},
                                       {{.x = 1, .y = -4}, {.x = 1, .y = -4}}}) {
    const std::string svg = drawn(dots);
    CHECK(count(svg, "<circle") == 1);
    CHECK(!has(svg, "nan"));
    CHECK(!has(svg, "inf"));
  }
  CHECK(has(drawn({{.x = 3, .y = 0.5}}), ">validation 0.5</text>"));
  CHECK(drawn({}).empty());
  CHECK(figure({.title = "", .x_name = "", .series = {}}).empty());
}

TEST_CASE("what is not finite is left out and the rest drawn") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(drawn({{.x = 1, .y = nan}, {.x = inf, .y = 1}, {.x = 1, .y = 1, .low = nan}}).empty());
  Series series{.name = "a", .dots = {{1, nan}, {2, 5}, {3, 4}, {4, 6}}, .best = 2};
  const std::string svg = figure({.title = "t", .x_name = "x", .series = {series}});
  CHECK(!has(svg, "nan"));
  CHECK(has(svg, "best 4 at 3"));
  CHECK(!has(drawn({{.x = 1, .y = 1e308}, {.x = 2, .y = -1e308}}), "nan"));
}

TEST_CASE("the last value stands beside its line, the best one is marked unless it is the last") {
  Series series{.name = "validation", .dots = {{10, 2}, {20, 0.5}, {30, 0.75}}, .best = 1};
  std::string svg = figure({.title = "t", .x_name = "step", .series = {series}});
  CHECK(has(svg, ">validation 0.75</text>"));
  CHECK(has(svg, ">best 0.5 at 20</text>"));
  CHECK(count(svg, "class=\"ring") == 1);
  series.best = 2;
  svg = figure({.title = "t", .x_name = "step", .series = {series}});
  CHECK(count(svg, "class=\"ring") == 0);
}

TEST_CASE("an axis is logarithmic where it may be and values span decades") {
  const auto y_of = [](double middle, double low, bool log) {
    Plot plot{.title = "t", .x_name = "x", .series = {{.name = "a", .dots = {}, .best = {}}}};
    plot.series[0].dots = {{0, low}, {1, middle}, {2, 100}};
    plot.log_y = log;
    const std::string svg = figure(plot);
    const std::size_t at = svg.find("L", svg.find("class=\"line"));
    return std::stod(svg.substr(svg.find(' ', at)));
  };
  const double top = y_of(100, 1, false), bottom = y_of(1, 1, false);
  CHECK(y_of(10, 1, true) == doctest::Approx((top + bottom) / 2).epsilon(0.01));
  CHECK(y_of(10, 1, false) > (top + bottom) / 2);
  CHECK(y_of(50, 20, true) == doctest::Approx(y_of(50, 20, false)));  // no decades
  CHECK(y_of(50, -1, true) == doctest::Approx(y_of(50, -1, false)));  // no logarithms
}

TEST_CASE("labels that would stand on one another are moved apart, steps have whole ticks") {
  Plot plot{.title = "t", .x_name = "step", .series = {}};
  for (const char* name : {"a", "b", "c"}) {
    plot.series.push_back({.name = name, .dots = {{1, 1}, {2, 0.5}, {3, 0.5}}, .best = {}});
  }
  const std::string svg = figure(plot);
  std::vector<double> at;
  for (const char* label : {">a 0.5<", ">b 0.5<", ">c 0.5<"}) {
    const std::size_t end = svg.find(label);
    REQUIRE(end != std::string::npos);
    at.push_back(std::stod(svg.substr(svg.rfind(" y=\"", end) + 4)));
  }
  CHECK(std::fabs(at[1] - at[0]) >= 13);
  CHECK(std::fabs(at[2] - at[1]) >= 13);
  CHECK(!has(svg, ">1.5</text>\n<path class=\"axis"));
}

TEST_CASE("names become no markup") {
  const std::string svg =
      figure({.title = "<b>\"t\"</b>",
              .x_name = "a & b",
              .series = {{.name = "x\"><script>", .dots = {{1, 1}}, .best = {}}}});
  CHECK(!has(svg, "<script>"));
  CHECK(!has(svg, "<b>"));
  CHECK(has(svg, "a &amp; b"));
  CHECK(has(svg, "aria-label=\"x&quot;&gt;&lt;script&gt; 1\""));
}

}  // namespace
}  // namespace mx::cli::test
