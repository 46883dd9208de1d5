// SPDX-License-Identifier: Apache-2.0
// How long something takes, and how fast a model on tokens is.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <optional>

#include "engine/engine.h"

namespace mx::infer {

using Clock = std::chrono::steady_clock;

inline double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The shortest of repeated runs within `seconds`: what the machine can do when it is left alone.
template <class F>
double shortest(double seconds, F&& f) {
  double best = HUGE_VAL;
  for (const auto start = Clock::now(); since(start) < seconds;) {
    const auto begin = Clock::now();
    f();
    best = std::min(best, since(begin));
  }
  return best;
}

struct TokenSpeed {
  std::size_t prompt = 0;        // tokens read in one call: 512, or the context if that is shorter
  double prefill = 0;            // of these, a second
  std::optional<double> decode;  // tokens a second one by one, up to 128 from the beginning on;
                                 // none for networks that take all tokens in one call
};
// Within about `seconds`. Outputs are asked for behind the last token alone, as a text that goes on
// needs them.
[[nodiscard]] TokenSpeed token_speed(const Engine& engine, double seconds);

}  // namespace mx::infer
