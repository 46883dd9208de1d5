// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "base/words.h"
#include "shrink/keep.h"
#include "shrink/prune.h"

namespace mx {

KeepNames::KeepNames(const std::string& expression) : any_(!expression.empty()) {
  if (!any_) return;
  try {
    expression_ = std::regex(expression, std::regex::ECMAScript);
  } catch (const std::regex_error&) {
    throw Error{Kind::usage, fmt::format("'{}' is not a regular expression", printable(expression)),
                "--keep head, --keep '^0[.]' or --keep 'a|b'"};
  }
}

bool KeepNames::matches(const std::string& name) const {
  return any_ && std::regex_search(name, expression_);
}

namespace {

void check_finite(const Scores& scores) {
  for (const float score : scores.values) {
    if (!std::isfinite(score)) {
      throw Error{Kind::input, fmt::format("{} has numbers that are not finite", scores.name),
                  "its weights cannot be ranked; train it again"};
    }
  }
}

template <class Importance>
std::vector<Scores> score_prunable(const Network& network, const std::string& keep,
                                   const Importance& importance) {
  const KeepNames kept(keep);
  std::vector<Scores> out;
  std::size_t number = 0;
  for (const TensorSpec& spec : tensors(network)) {
    if (!spec.prunable) continue;
    const std::size_t at = number++;
    if (kept.matches(spec.name)) continue;
    const Tensor values = importance(spec, at);
    Scores scores{spec.name, spec.shape, {}};
    const std::span<const float> numbers = values.as<float>();
    scores.values.assign(numbers.begin(), numbers.end());
    if (scores.values.size() != element_count(spec.shape)) {
      fail(Kind::failed, "the scores of {} are not of its shape", spec.name);
    }
    check_finite(scores);
    out.push_back(std::move(scores));
  }
  return out;
}

}  // namespace

std::vector<Scores> magnitude_scores(const Network& network, std::span<const Weight> weights,
                                     const std::string& keep) {
  return score_prunable(network, keep, [&](const TensorSpec& spec, std::size_t) {
    const auto found = std::find_if(weights.begin(), weights.end(),
                                    [&](const Weight& weight) { return weight.name == spec.name; });
    if (found == weights.end()) fail(Kind::failed, "there is no weight {}", spec.name);
    Tensor values = to_f32(*found);
    for (float& value : values.as<float>()) value = std::fabs(value);
    return values;
  });
}

std::vector<Scores> scores_from(const Network& network, const std::vector<Tensor>& importance,
                                const std::string& keep) {
  return score_prunable(network, keep, [&](const TensorSpec& spec, std::size_t number) {
    if (number >= importance.size()) fail(Kind::failed, "{} was not scored", spec.name);
    return importance[number];
  });
}

}  // namespace mx
