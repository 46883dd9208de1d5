// SPDX-License-Identifier: Apache-2.0
#include "learn/class_prior.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/words.h"
#include "learn/options.h"
#include "learn/train.h"

namespace mx {

std::vector<double> class_prior(const std::string& text, const Dataset& rows, std::size_t classes) {
  std::vector<double> out;
  if (text == "uniform") {
    out.assign(classes, 1);
  } else if (text == "data") {
    out.assign(classes, 0);
    for (const std::int64_t one : rows.classes) ++out[static_cast<std::size_t>(one)];
    if (std::ranges::count(out, 0.0) > 0) {
      throw Error{Kind::usage, "--class-prior data: a class has no rows",
                  "give a weight for each class"};
    }
  } else {
    out = positive_numbers(text, "--class-prior");
    if (out.size() != classes) {
      fail(Kind::usage, "--class-prior has {} numbers for {} classes", out.size(), classes);
    }
  }
  const double all = std::accumulate(out.begin(), out.end(), 0.0);
  for (double& one : out) one /= all;
  return out;
}

void check_class_prior(const Network& network, const Schema& schema) {
  const auto* const head = std::get_if<Linear>(&network.blocks.back().any);
  if (schema.task == Task::classify && head != nullptr && head->bias) return;
  fail(Kind::usage, "--class-prior corrects the biases of a classifier's last map, and {}",
       schema.task == Task::classify ? "this network's has none" : "this is no classifier");
}

void correct_class_prior(const Network& network, std::vector<Weight>& weights, const Dataset& train,
                         const std::vector<double>& prior, std::size_t threads) {
  const std::vector<float> logits = torch_logits(network, weights, train.x, train.rows, threads);
  std::vector<double> mean(prior.size());
  for (std::size_t row = 0; row < train.rows; ++row) {
    const std::span<const float> z(logits.data() + row * mean.size(), mean.size());
    const double top = *std::ranges::max_element(z);
    double all = 0;
    for (const float one : z) all += std::exp(one - top);
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] += std::exp(z[i] - top) / all / static_cast<double>(train.rows);
    }
  }
  const std::string name = std::get<Linear>(network.blocks.back().any).name + ".bias";
  const auto bias = std::ranges::find(weights, name, &Weight::name);
  const std::span<float> values = bias->values.as<float>();
  for (std::size_t i = 0; i < mean.size(); ++i) {
    values[i] += static_cast<float>(std::log(prior[i] / mean[i]));
  }
}

Dataset rows_without(const Dataset& rows, const Schema& schema,
                     const std::vector<std::string>& without) {
  std::vector<bool> out(schema.classes.size());
  for (const std::string& name : without) {
    const auto found = std::ranges::find(schema.classes, name);
    if (schema.task != Task::classify || found == schema.classes.end()) {
      fail(Kind::usage, "--without-class: there is no class '{}'", printable(name));
    }
    out[static_cast<std::size_t>(found - schema.classes.begin())] = true;
  }
  std::vector<std::size_t> stay;
  for (std::size_t i = 0; i < rows.rows; ++i) {
    if (!out[static_cast<std::size_t>(rows.classes[i])]) stay.push_back(i);
  }
  if (stay.empty()) fail(Kind::usage, "--without-class leaves no rows to learn from");
  return pick(rows, stay);
}

}  // namespace mx
