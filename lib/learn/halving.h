// SPDX-License-Identifier: Apache-2.0
// Successive halving (Jamieson and Talwalkar 2016; with a factor other than two as in Li et al.
// 2018, "Hyperband", algorithm 1): all trials get a few steps, the best of them more, until the
// last ones get all. Knows neither networks nor files.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace mx {

struct Rung {
  std::uint64_t trials = 0, steps = 0;  // how many go on, and to which step in all
};
// From all trials to at least one, dividing by `factor`, the last rung at `steps`. A rung has at
// least one step more than the one before. factor >= 2.
[[nodiscard]] std::vector<Rung> rungs(std::uint64_t trials, std::uint64_t steps,
                                      std::uint64_t factor);

struct Ranked {
  std::uint64_t trial = 0;
  double loss = 0;  // not a number: it failed, and is out
};
// Runs `advance(trial, steps)`, which gives the loss after that many steps, rung by rung, and gives
// the trials of the last rung, best first; equal losses go by number. Of those that are out,
// `leaves(trial)` is told. Stops early, with what there is, when `stopped()`.
[[nodiscard]] std::vector<Ranked> halve(
    const std::vector<Rung>& ladder,
    const std::function<double(std::uint64_t, const Rung&)>& advance,
    const std::function<void(std::uint64_t)>& leaves, const std::function<bool()>& stopped);

}  // namespace mx
