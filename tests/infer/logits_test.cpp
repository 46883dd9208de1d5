// SPDX-License-Identifier: Apache-2.0
#include "infer/logits.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace mx {
namespace {

std::vector<float> draw(std::size_t size, double spread, Random& random) {
  std::vector<float> out(size);
  for (float& value : out) value = static_cast<float>(spread * random.normal());
  return out;
}

double plain_sum(const std::vector<float>& logits) {
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - logits[0]);
  return logits[0] + std::log(sum);
}

double plain_kl(const std::vector<float>& a, const std::vector<float>& b) {
  const double sum_a = plain_sum(a), sum_b = plain_sum(b);
  double out = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    out += std::exp(a[i] - sum_a) * ((a[i] - sum_a) - (b[i] - sum_b));
  }
  return out;
}

}  // namespace

TEST_CASE("sums and divergences are those of doubles") {
  Random random(1);
  for (const std::size_t size : {1, 2, 7, 65, 1024, 1025, 50257}) {
    for (const double spread : {0.01, 1.0, 20.0}) {
      CAPTURE(size);
      CAPTURE(spread);
      const std::vector<float> a = draw(size, spread, random), b = draw(size, spread, random);
      CHECK(log_sum_exp(a) == doctest::Approx(plain_sum(a)).epsilon(1e-7));
      const double kl = kl_divergence(a, log_sum_exp(a), b, log_sum_exp(b));
      CHECK(std::fabs(kl - plain_kl(a, b)) < 1e-6 * (1 + plain_kl(a, b)));
    }
  }
}

TEST_CASE("a small divergence is told from none") {
  Random random(2);
  const std::vector<float> a = draw(1000, 3, random);
  std::vector<float> b = a;
  for (float& value : b) value += static_cast<float>(1e-3 * random.normal());
  const double right = plain_kl(a, b);
  CHECK(right > 1e-8);
  CHECK(kl_divergence(a, log_sum_exp(a), b, log_sum_exp(b)) ==
        doctest::Approx(right).epsilon(0.02));
  CHECK(kl_divergence(a, log_sum_exp(a), a, log_sum_exp(a)) == 0);
}

TEST_CASE("of equal logits the first is the likeliest") {
  CHECK(likeliest(std::vector<float>{1, 3, 3, 2}) == 1);
}

}  // namespace mx
