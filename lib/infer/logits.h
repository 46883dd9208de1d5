// SPDX-License-Identifier: Apache-2.0
// What one row of logits says. Exponentials are taken in f32, where they are vectors; sums and
// differences in f64.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mx {

// ln sum exp(logits), of at least one.
[[nodiscard]] double log_sum_exp(std::span<const float> logits);
// The first of the largest.
[[nodiscard]] std::int64_t likeliest(std::span<const float> logits);
// KL(softmax(a) | softmax(b)) in nats, given what log_sum_exp() says of each.
[[nodiscard]] double kl_divergence(std::span<const float> a, double sum_a, std::span<const float> b,
                                   double sum_b);

}  // namespace mx
