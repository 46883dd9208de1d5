// SPDX-License-Identifier: Apache-2.0
// Intervals and tests of metrics.h.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "infer/metrics.h"

namespace mx {
namespace {

constexpr double kNormal = 1.959963984540054;  // 97.5 % of the normal distribution lie below

// The continued fraction of the incomplete beta function by Lentz' method (Numerical Recipes, 6.4).
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  const auto away_from_zero = [](double v) { return std::fabs(v) < kTiny ? kTiny : v; };
  double c = 1;
  double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double out = d;
  for (int m = 1; m <= 10'000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    for (const double step : {even, odd}) {
      d = 1 / away_from_zero(1 + step * d);
      c = away_from_zero(1 + step / c);
      out *= c * d;
    }
    if (std::fabs(c * d - 1) < 1e-15) break;
  }
  return out;
}

// The regularized incomplete beta function I_x(a, b).
double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

// The t beyond which 5 % lie on both sides, by bisection.
double student_quantile(double degrees) {
  double low = 0;
  double high = 1000;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (student_p(middle, degrees) > 0.05 ? low : high) = middle;
  }
  return (low + high) / 2;
}

struct Moments {
  double mean = 0, error = 0;  // of the values, of their mean
};

Moments moments(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  Moments out;
  for (const double value : values) out.mean += value / n;
  double squares = 0;
  for (const double value : values) squares += (value - out.mean) * (value - out.mean);
  if (values.size() > 1) out.error = std::sqrt(squares / (n - 1) / n);
  return out;
}

}  // namespace

Interval wilson(std::uint64_t successes, std::uint64_t n) {
  if (n == 0) return {0, 1};
  const auto count = static_cast<double>(n);
  const double p = static_cast<double>(successes) / count;
  const double z2 = kNormal * kNormal / count;
  const double middle = (p + z2 / 2) / (1 + z2);
  const double half = kNormal * std::sqrt(p * (1 - p) / count + z2 / (4 * count)) / (1 + z2);
  return {successes == 0 ? 0 : middle - half, successes == n ? 1 : middle + half};
}

Interval mean_interval(std::span<const double> values) {
  if (values.empty()) return {};
  const Moments m = moments(values);
  if (values.size() < 2) return {m.mean, m.mean};
  const double half = student_quantile(static_cast<double>(values.size() - 1)) * m.error;
  return {m.mean - half, m.mean + half};
}

double mcnemar(std::uint64_t b, std::uint64_t c) {
  // The binomial distribution of b + c fair coins, up to the smaller of the two, and its mirror.
  const auto n = static_cast<double>(b + c);
  double tail = 0;
  for (std::uint64_t i = 0; i <= std::min(b, c); ++i) {
    const auto k = static_cast<double>(i);
    tail += std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) -
                     n * std::log(2.0));
  }
  return std::min(1.0, 2 * tail);
}

double student_p(double t, double degrees) {
  return incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t));
}

double paired_t(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size()) fail(Kind::failed, "{} values are paired with {}", a.size(), b.size());
  std::vector<double> difference(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) difference[i] = a[i] - b[i];
  const Moments m = moments(difference);
  if (m.error == 0) return m.mean == 0 || a.size() < 2 ? 1 : 0;
  return student_p(m.mean / m.error, static_cast<double>(a.size() - 1));
}

}  // namespace mx
