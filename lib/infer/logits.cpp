// SPDX-License-Identifier: Apache-2.0
#include "infer/logits.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

namespace mx {
namespace {

constexpr std::size_t kPart = 1024;  // numbers at a time, which stay in the nearest cache

using Row = Eigen::Map<const Eigen::ArrayXf>;
using Part = Eigen::Array<float, Eigen::Dynamic, 1, 0, kPart, 1>;

Row part_of(std::span<const float> all, std::size_t begin, std::size_t most = kPart) {
  return {all.data() + begin, static_cast<Eigen::Index>(std::min(most, all.size() - begin))};
}

}  // namespace

double log_sum_exp(std::span<const float> logits) {
  const float largest = part_of(logits, 0, logits.size()).maxCoeff();
  double sum = 0;
  Part part;
  for (std::size_t at = 0; at < logits.size(); at += kPart) {
    part = (part_of(logits, at) - largest).exp();  // not cast in one go, which is not vectorized
    sum += part.cast<double>().sum();
  }
  return largest + std::log(sum);
}

std::int64_t likeliest(std::span<const float> logits) {
  return std::ranges::max_element(logits) - logits.begin();
}

double kl_divergence(std::span<const float> a, double sum_a, std::span<const float> b,
                     double sum_b) {
  double out = 0;
  Part part;
  for (std::size_t at = 0; at < a.size(); at += kPart) {
    const auto log_a = part_of(a, at).cast<double>() - sum_a;
    const auto log_b = part_of(b, at).cast<double>() - sum_b;
    part = log_a.cast<float>();
    part = part.exp();
    out += (part.cast<double>() * (log_a - log_b)).sum();
  }
  return out;
}

}  // namespace mx
