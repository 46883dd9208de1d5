// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>

#include "infer/metrics.h"

namespace mx {
namespace {

doctest::Approx about(double value) { return doctest::Approx(value).epsilon(1e-6); }

TEST_CASE("Wilson's interval has the published values and stays within 0 and 1") {
  const Interval eight = wilson(8, 10);
  CHECK(eight.low == about(0.4901625));
  CHECK(eight.high == about(0.9433178));
  CHECK(wilson(0, 10).low == 0);
  CHECK(wilson(0, 10).high == about(0.2775328));
  CHECK(wilson(10, 10).high == 1);
  CHECK(wilson(0, 0).high == 1);
}

TEST_CASE("the interval of a mean is Student's") {
  const Interval five = mean_interval(std::vector<double>{1, 2, 3, 4, 5});
  CHECK(five.low == about(3 - 2.7764451 * std::sqrt(0.5)));
  CHECK(five.high == about(3 + 2.7764451 * std::sqrt(0.5)));
  CHECK(mean_interval(std::vector<double>{7}).low == 7);
}

TEST_CASE("McNemar's test counts the tails of fair coins exactly") {
  CHECK(mcnemar(2, 8) == about(2 * 56.0 / 1024));
  CHECK(mcnemar(8, 2) == about(2 * 56.0 / 1024));
  CHECK(mcnemar(0, 0) == 1);
  CHECK(mcnemar(5, 5) == 1);
  CHECK(mcnemar(0, 1000) == about(std::pow(2.0, -999)));
}

TEST_CASE("Student's distribution has the published tails") {
  CHECK(student_p(0, 5) == about(1));
  CHECK(student_p(2, 10) == about(0.07338803));
  CHECK(student_p(-2, 10) == about(0.07338803));
  CHECK(student_p(12.7062047, 1) == about(0.05));
  CHECK(student_p(1.96, 1e6) == about(0.04999603));
}

TEST_CASE("the paired t-test looks at differences alone") {
  const std::vector<double> a = {1, 2, 3, 4};
  const std::vector<double> b = {2, 2, 5, 5};  // differences 1, 0, 2, 1: t = sqrt(6), 3 degrees
  CHECK(paired_t(a, b) == about(student_p(std::sqrt(6.0), 3)));
  CHECK(paired_t(a, a) == 1);
  CHECK(paired_t(std::vector<double>{1, 2}, std::vector<double>{2, 3}) == 0);
}

}  // namespace
}  // namespace mx
