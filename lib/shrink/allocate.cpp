// SPDX-License-Identifier: Apache-2.0
#include "shrink/allocate.h"

#include <algorithm>

#include "base/error.h"

namespace mx {
namespace {

// The loss that a byte less costs, from the better to the smaller.
double slope(const Offer& from, const Offer& to) {
  return (to.loss - from.loss) / static_cast<double>(from.bytes - to.bytes);
}

// The lower convex hull: from the least loss to the fewest bytes, ever more loss for each byte.
std::vector<Offer> hull(std::vector<Offer> all) {
  std::ranges::stable_sort(all, [](const Offer& a, const Offer& b) {
    return a.loss != b.loss ? a.loss < b.loss : a.bytes < b.bytes;
  });
  std::vector<Offer> out;
  for (const Offer& one : all) {
    if (!out.empty() && one.bytes >= out.back().bytes) continue;
    while (out.size() > 1 &&
           slope(out[out.size() - 2], out.back()) >= slope(out[out.size() - 2], one)) {
      out.pop_back();
    }
    out.push_back(one);
  }
  return out;
}

}  // namespace

Offers cheapest_path(std::vector<std::vector<Offer>> offers) {
  Offers out;
  for (std::size_t t = 0; t < offers.size(); ++t) {
    out.hulls.push_back(hull(std::move(offers[t])));
    const std::vector<Offer>& own = out.hulls[t];
    for (std::size_t o = 1; o < own.size(); ++o) {
      out.steps.push_back({t, o, slope(own[o - 1], own[o])});
    }
  }
  std::ranges::stable_sort(out.steps, {}, &OfferStep::slope);
  return out;
}

std::vector<CodePlan> plans(const std::vector<TensorChoices>& tensors) {
  std::vector<std::vector<Offer>> offers;
  for (const TensorChoices& tensor : tensors) {
    std::vector<Offer> own;
    for (const Candidate& one : tensor.candidates) own.push_back({one.bytes, one.loss, own.size()});
    offers.push_back(std::move(own));
  }
  const Offers path = cheapest_path(std::move(offers));
  std::vector<std::size_t> at(tensors.size());
  std::vector<CodePlan> out;
  const auto add = [&](std::string changed) {
    CodePlan plan;
    plan.changed = std::move(changed);
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      const Candidate& one = tensors[t].candidates[path.hulls[t][at[t]].number];
      plan.bytes += one.bytes;
      plan.loss += one.loss;
      if (one.code != Code::none) plan.codes.push_back({tensors[t].name, one.code});
    }
    out.push_back(std::move(plan));
  };
  add("");
  for (const OfferStep& step : path.steps) {
    at[step.tensor] = step.offer;
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
