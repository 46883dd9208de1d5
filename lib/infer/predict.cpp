// SPDX-License-Identifier: Apache-2.0
#include "infer/predict.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "data/language.h"

namespace mx {
namespace {

// As many digits as mean something: what comes from fp32 has seven.
double rounded(double value, int digits) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 std::chars_format::scientific, digits - 1);
  double out = value;
  std::from_chars(text.data(), end.ptr, out);
  return out;
}

Engine make_engine(const Model& model, const Schema& schema, ThreadPool& pool) {
  if (model.header.network.empty()) {
    fail(Kind::input, "the file holds tensors without a network: there is nothing to run");
  }
  Engine engine(model, pool);
  if (!fits(schema, model.header.network)) {
    fail(Kind::input, "the network turns {} numbers into {}, but the input schema says {} and {}",
         engine.input_size(), engine.output_size(), schema.inputs(), schema.outputs());
  }
  return engine;
}

Schema read_schema(const Model& model) {
  if (model.header.schema.is_null()) {
    throw Error{
        Kind::input, "the model has no input schema: what its rows are is not known",
        "mx-train --init MODEL --data ROWS gives it one; --embed makes vectors of text without"};
  }
  return schema_from_json(model.header.schema);
}

Json describe_classes(const Schema& schema, std::span<const float> logits, std::size_t top) {
  const std::vector<double> probabilities = softmax(logits);
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::size_t shown = std::clamp<std::size_t>(top, 1, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(),
                    [&](std::size_t a, std::size_t b) {
                      return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
                    });
  const auto probability = [&](std::size_t c) { return rounded(probabilities[c], 6); };
  Json out = {{"prediction", schema.classes[order[0]]}, {"probability", probability(order[0])}};
  if (top == 0) return out;
  Json best = Json::array();
  for (std::size_t i = 0; i < shown; ++i) {
    best.push_back(Json::array({schema.classes[order[i]], probability(order[i])}));
  }
  out["top"] = std::move(best);
  return out;
}

Json describe_numbers(const Schema& schema, std::span<const float> outputs) {
  Json numbers = Json::array();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Column& column = schema.targets[i];
    numbers.push_back(rounded(outputs[i] * column.scale + column.mean, 7));
  }
  if (numbers.size() == 1) return {{"prediction", numbers[0]}};
  return {{"prediction", std::move(numbers)}};
}

}  // namespace

std::vector<double> softmax(std::span<const float> logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> out;
  double sum = 0;
  for (const float logit : logits) {
    out.push_back(std::exp(logit - largest));
    sum += out.back();
  }
  for (double& p : out) p /= sum;
  return out;
}

Predictor::Predictor(const Model& model, ThreadPool& pool)
    : schema_(read_schema(model)), engine_(make_engine(model, schema_, pool)) {
  if (schema_.source == Schema::Source::text) tokenizer_ = tokenizer_of(model.header);
}

Json Predictor::describe(std::span<const float> logits, std::size_t top) const {
  for (const float logit : logits) {
    if (std::isfinite(logit)) continue;
    fail(Kind::input, "the model's answer to this row is not a finite number");
  }
  return schema_.task == Task::classify ? describe_classes(schema_, logits, top)
                                        : describe_numbers(schema_, logits);
}

}  // namespace mx
