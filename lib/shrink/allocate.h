// SPDX-License-Identifier: Apache-2.0
// Which tensor gets which code, when all together may take so many bytes or cost so much: a path
// of plans from the best to the smallest.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "shrink/quantize.h"

namespace mx {

// The path behind plans() by itself: what each of several things may cost, and the way from the
// least loss of each to its fewest bytes, the step that costs the least loss for each byte first
// (the lower convex hulls of all, merged: Shoham and Gersho 1988).
struct Offer {
  std::uint64_t bytes = 0;
  double loss = 0;
  std::size_t number = 0;  // the caller's
};
struct OfferStep {
  std::size_t tensor, offer;  // goes to hulls[tensor][offer]
  double slope;
};
struct Offers {
  std::vector<std::vector<Offer>> hulls;
  std::vector<OfferStep> steps;
};
[[nodiscard]] Offers cheapest_path(std::vector<std::vector<Offer>> offers);

struct Candidate {
  Code code = Code::none;
  std::uint64_t bytes = 0;  // in the file
  double loss = 0;          // what it is expected to cost
};
struct TensorChoices {
  std::string name;
  std::vector<Candidate> candidates;  // not empty
};

struct CodePlan {
  std::vector<TensorCode> codes;  // Code::none left out
  std::uint64_t bytes = 0;        // sums over the tensors, expected
  double loss = 0;
  std::string changed;  // the tensor in which it differs from the plan before
};
// The first plan has each tensor's cheapest candidate by loss, the last its smallest; each step in
// between saves bytes where that costs the least loss for each.
[[nodiscard]] std::vector<CodePlan> plans(const std::vector<TensorChoices>& tensors);

struct Weighing {
  std::function<std::uint64_t(const Weight&)> bytes;  // in the file
  // What the network with these weights costs more than as it is; none: the share of a tensor's
  // square that is lost stands for it.
  std::function<double(const std::vector<Weight>&)> loss;
  std::function<void(std::size_t, std::size_t)> progress;
};
// Every tensor of `codes` as it is and with each code of at least the bits that `codes` gives it
// (a tensor named by an override: with that code alone), solved on `rows` where there are any. The
// loss of the code of fewest bits is measured, with all other tensors as they are; that of the
// others follows from their errors.
[[nodiscard]] std::vector<TensorChoices> weigh(const Network& network,
                                               const std::vector<Weight>& weights,
                                               const QuantizeOptions& options,
                                               const CalibrationRows* rows, ThreadPool& pool,
                                               const Weighing& weighing);

}  // namespace mx
