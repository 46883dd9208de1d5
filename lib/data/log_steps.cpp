// SPDX-License-Identifier: Apache-2.0
#include "data/log_steps.h"

#include <algorithm>
#include <cmath>

namespace mx {
namespace {

constexpr double kUnit = 64;

std::uint8_t byte_of(double value) {
  return static_cast<std::uint8_t>(std::lround(std::clamp<double>(value, 0, kMostSteps)));
}

}  // namespace

std::uint8_t steps_of(double log_p) { return byte_of(kUnit * std::sqrt(std::max(0.0, -log_p))); }

double log_p_of(std::uint8_t steps) {
  const double root = steps / kUnit;
  return -root * root;
}

TailBytes tail_of(double log_sum, double log_root_sum, std::size_t count) {
  TailBytes out{.mass = steps_of(log_sum), .evenness = kMostSteps};
  const double most = 0.5 * std::log(static_cast<double>(count));
  if (most > 0) out.evenness = byte_of(kMostSteps * (log_root_sum - 0.5 * log_sum) / most);
  return out;
}

double log_tail(TailBytes tail, std::size_t count, double temperature) {
  const double share = 1 / temperature;
  return share * log_p_of(tail.mass) +
         std::log(static_cast<double>(count)) * (1 - share) *
             std::pow(tail.evenness / static_cast<double>(kMostSteps), 2 * share);
}

}  // namespace mx
