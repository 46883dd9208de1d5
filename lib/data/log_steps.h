// SPDX-License-Identifier: Apache-2.0
// Log-probabilities in a byte each, and what is kept of the classes that are not: FORMAT.md,
// "Caches". A byte `s` stands for the log-probability -(s / 64)^2: steps of 0.03 nats at 1/e, of
// 0.06 at e^-4 and 0.12 at the last, e^-15.88, so that what weighs most in a divergence is held
// best.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mx {

inline constexpr unsigned kMostSteps = 255;

// The nearest; kMostSteps for what is less likely than that stands for.
[[nodiscard]] std::uint8_t steps_of(double log_p);
[[nodiscard]] double log_p_of(std::uint8_t steps);

// The classes that are not kept, `count` of them, with probabilities p_j: `mass`, in steps, is
// their sum; `evenness` says how it is spread among them, in 1/255 from one class that has it all
// to all alike.
struct TailBytes {
  std::uint8_t mass = kMostSteps, evenness = 0;
};
// log_sum: ln of the sum of p_j; log_root_sum: ln of the sum of sqrt(p_j).
[[nodiscard]] TailBytes tail_of(double log_sum, double log_root_sum, std::size_t count);
// ln of the sum of p_j^(1/T). With m = ln sum p_j, n = ln count and r the evenness it is
// m/T + n (1 - 1/T) r^(2/T): at T = 1, T = 2 and in the limit of large T what the teacher said; for
// T between and above within 0.1 nats on tails of power laws and of normal logits (even spreading,
// r = 1, is 0.2 to 0.9 too high there; the whole tail taken as one class 1 to 9 too low).
[[nodiscard]] double log_tail(TailBytes tail, std::size_t count, double temperature);

}  // namespace mx
