// SPDX-License-Identifier: Apache-2.0
// A model made ready to use: rows in, predictions out.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/schema.h"
#include "engine/engine.h"
#include "file/model.h"
#include "text/tokenizer.h"

namespace mx {

// Class probabilities of one row of logits, in double, max subtracted.
[[nodiscard]] std::vector<double> softmax(std::span<const float> logits);

class Predictor {
 public:
  // Throws Kind::input when the model has no network or no schema.
  Predictor(const Model& model, ThreadPool& pool);
  [[nodiscard]] const Schema& schema() const { return schema_; }
  [[nodiscard]] Engine& engine() { return engine_; }
  // Of a model that reads text; else null.
  [[nodiscard]] const Tokenizer* tokenizer() const { return tokenizer_.get(); }
  // logits: one row. {"prediction": ..., "probability": ...} and, for top > 0, "top".
  // Regression: {"prediction": number} or [numbers], in the target's own units. Throws Kind::input
  // when an output is not finite (a row of absurdly large numbers).
  [[nodiscard]] Json describe(std::span<const float> logits, std::size_t top) const;

 private:
  Schema schema_;
  Engine engine_;
  std::shared_ptr<const Tokenizer> tokenizer_;
};

}  // namespace mx
