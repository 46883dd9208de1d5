// SPDX-License-Identifier: Apache-2.0
#include "shrink/allocate.h"

#include <algorithm>

#include "base/error.h"

namespace mx {
namespace {

// The loss that a byte less costs, from the better to the smaller.
double slope(const Candidate& from, const Candidate& to) {
  return (to.loss - from.loss) / static_cast<double>(from.bytes - to.bytes);
}

// The lower convex hull: from the least loss to the fewest bytes, ever more loss for each byte.
std::vector<Candidate> hull(std::vector<Candidate> all) {
  std::ranges::stable_sort(all, [](const Candidate& a, const Candidate& b) {
    return a.loss != b.loss ? a.loss < b.loss : a.bytes < b.bytes;
  });
  std::vector<Candidate> out;
  for (const Candidate& one : all) {
    if (!out.empty() && one.bytes >= out.back().bytes) continue;
    while (out.size() > 1 &&
           slope(out[out.size() - 2], out.back()) >= slope(out[out.size() - 2], one)) {
      out.pop_back();
    }
    out.push_back(one);
  }
  return out;
}

struct Step {
  std::size_t tensor, candidate;  // to which
  double slope;
};

}  // namespace

std::vector<CodePlan> plans(const std::vector<TensorChoices>& tensors) {
  std::vector<std::vector<Candidate>> hulls;
  std::vector<Step> steps;
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    hulls.push_back(hull(tensors[t].candidates));
    for (std::size_t c = 1; c < hulls[t].size(); ++c) {
      steps.push_back({t, c, slope(hulls[t][c - 1], hulls[t][c])});
    }
  }
  std::ranges::stable_sort(steps, {}, &Step::slope);
  std::vector<std::size_t> at(tensors.size());
  std::vector<CodePlan> out;
  const auto add = [&](std::string changed) {
    CodePlan plan;
    plan.changed = std::move(changed);
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      const Candidate& one = hulls[t][at[t]];
      plan.bytes += one.bytes;
      plan.loss += one.loss;
      if (one.code != Code::none) plan.codes.push_back({tensors[t].name, one.code});
    }
    out.push_back(std::move(plan));
  };
  add("");
  for (const Step& step : steps) {
    at[step.tensor] = step.candidate;
    add(tensors[step.tensor].name);
  }
  return out;
}

std::vector<TensorChoices> weigh(const Network& network, const std::vector<Weight>& weights,
                                 const QuantizeOptions& options, const CalibrationRows* rows,
                                 ThreadPool& pool, const Weighing& weighing) {
  const std::vector<TensorCode> codes = codes_for(network, options);
  std::vector<TensorChoices> out;
  const LayerVisit visit = [&](const std::string& name, const LayerCoder& code_with) {
    const auto least = std::ranges::find(codes, name, &TensorCode::name);
    const auto weight = std::ranges::find(weights, name, &Weight::name);
    if (least == codes.end() || weight == weights.end() || weight->scheme != Scheme::plain) return;
    TensorChoices choices{name, {}};
    std::vector<double> errors;
    if (!least->fixed) {
      choices.candidates.push_back({Code::none, weighing.bytes(*weight), 0});
      errors.push_back(0);
    }
    Weight smallest;
    for (const Code code : {Code::int8, Code::int4, Code::int3, Code::int2, Code::codebook}) {
      if (least->fixed ? code != least->code : code > least->code) continue;
      TensorResult result;
      smallest = code_with(*weight, code, result);
      choices.candidates.push_back({code, weighing.bytes(smallest), 0});
      errors.push_back(result.error);
    }
    double scale = 1;
    if (weighing.loss && errors.back() > 0) {
      std::vector<Weight> changed = weights;
      changed[static_cast<std::size_t>(weight - weights.begin())] = std::move(smallest);
      scale = std::max(0.0, weighing.loss(changed)) / errors.back();
    }
    for (std::size_t c = 0; c < errors.size(); ++c) choices.candidates[c].loss = scale * errors[c];
    out.push_back(std::move(choices));
    weighing.progress(out.size(), codes.size());
  };
  visit_layers(network, weights, codes, options, rows, pool, visit);
  return out;
}

}  // namespace mx
