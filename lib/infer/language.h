// SPDX-License-Identifier: Apache-2.0
// How well a language model foretells text: each token that has a target is scored once, in the
// window of its row (data/token_rows.h); tokens without a target are counted in no figure.
#pragma once

#include "data/dataset.h"
#include "engine/engine.h"
#include "infer/metrics.h"

namespace mx {

// data.tokens must be set. n: tokens scored; loss: their mean cross-entropy in nats, its interval
// from the means of the rows; accuracy: how often the likeliest token is the right one;
// bits_per_byte: the bits of the tokens that are scored over the bytes of text these stand for (not
// of masked models, which see the rest of it, nor where one of them is unknown). row_loss: [rows],
// means.
[[nodiscard]] Evaluation evaluate_language(Task task, const Dataset& data, Engine& engine);
// kl: mean over tokens of KL(a|b), nats; flips: tokens whose likeliest next token differs; p_value:
// paired t-test of the rows' losses. n: tokens.
[[nodiscard]] Comparison compare_language(const Dataset& data, Engine& a, Engine& b);

}  // namespace mx
