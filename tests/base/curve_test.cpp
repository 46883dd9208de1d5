// SPDX-License-Identifier: Apache-2.0
#include "base/curve.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

namespace mx {
namespace {

Json report(int step) {
  // Lowest at step 701.
  return {{"step", step}, {"valid_loss", std::fabs(step - 701.0)}};
}

Curve curve_to(int last) {
  Curve out;
  for (int step = 1; step <= last; ++step) out.add(report(step));
  return out;
}

int step_of(const Json& one) { return one["step"].get<int>(); }

TEST_CASE("a short curve is kept whole") {
  const Curve curve = curve_to(static_cast<int>(Curve::kMost));
  REQUIRE(curve.reports().size() == Curve::kMost);
  CHECK(curve.reports()[17] == report(18));
}

TEST_CASE("a long curve is thinned out evenly and keeps its first, last and best report") {
  const Curve curve = curve_to(20000);
  const std::vector<Json>& kept = curve.reports();
  CHECK(kept.size() == Curve::kMost);
  CHECK(kept.front() == report(1));
  CHECK(kept.back() == report(20000));
  CHECK(std::ranges::find(kept, report(701)) != kept.end());
  int widest = 0;
  for (std::size_t i = 1; i < kept.size(); ++i) {
    widest = std::max(widest, step_of(kept[i]) - step_of(kept[i - 1]));
  }
  CHECK(widest <= 2 * 20000 / static_cast<int>(Curve::kMost));
}

TEST_CASE("a curve that is gone on with from what was kept ends as one that was not stopped") {
  const Curve before = curve_to(3000);
  Curve again;
  for (const Json& one : before.reports()) again.add(one);
  for (int step = 3001; step <= 5000; ++step) again.add(report(step));
  CHECK(again.reports() == curve_to(5000).reports());
}

TEST_CASE("an earlier step begins the curve anew, and reports without numbers do no harm") {
  Curve curve = curve_to(50);
  curve.add(report(1));
  CHECK(curve.reports() == std::vector<Json>{report(1)});
  Curve odd;
  for (const Json& one : {Json(), Json("text"), Json::array({1}), Json{{"step", "x"}}})
    odd.add(one);
  CHECK(odd.reports().size() == 1);
  CHECK(number_in(Json{{"step", "x"}}, "step", 7) == 7);
}

}  // namespace
}  // namespace mx
