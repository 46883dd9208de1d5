// SPDX-License-Identifier: Apache-2.0
// The next token from logits. Candidates are narrowed first, on the probabilities as they are, and
// then drawn from at the temperature: top-k keeps the k likeliest; top-p the likeliest whose
// probabilities reach p in all (Holtzman et al. 2020); min-p those at least p times as likely as
// the likeliest (Nguyen et al. 2024). Equal probabilities go by id.
#pragma once

#include <cstdint>
#include <span>

#include "base/fields.h"
#include "base/random.h"
#include "text/tokenizer.h"

namespace mx {

struct SamplingOptions {
  double temperature = 0.8;  // 0: always the likeliest
  std::int64_t top_k = 40;   // 0: all
  double top_p = 0.95;       // 1: all
  double min_p = 0.05;       // 0: all

  Fields fields();
};

// Logits of -infinity are never drawn. Throws Kind::input when none is finite.
[[nodiscard]] TokenId sample(std::span<const float> logits, const SamplingOptions& options,
                             Random& random);

}  // namespace mx
