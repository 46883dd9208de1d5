// SPDX-License-Identifier: Apache-2.0
#include "engine/token_step.h"

namespace mx::engine {
namespace {

class EmbeddingStep final : public TokenStep {
 public:
  EmbeddingStep(const Embedding& block, TokenWeights& weights)
      : dim_(static_cast<std::size_t>(block.dim)), tokens_(weights.map(block.name + ".tokens")) {
    if (block.positions > 0) positions_ = weights.floats(block.name + ".positions");
    if (block.types > 0) {
      type_ = weights.floats(block.name + ".types");
      type_.resize(dim_);
    }
  }
  void run(Flow& flow) const override {
    flow.x.resize(flow.rows * dim_);
    for (std::size_t i = 0; i < flow.rows; ++i) {
      float* const x = flow.x.data() + i * dim_;
      tokens_->row(flow.ids[i], x);
      if (!positions_.empty()) add(positions_.data() + (flow.past + i) * dim_, x);
      if (!type_.empty()) add(type_.data(), x);
    }
  }

 private:
  void add(const float* from, float* x) const {
    for (std::size_t i = 0; i < dim_; ++i) x[i] += from[i];
  }
  std::size_t dim_;
  std::shared_ptr<const PackedMap> tokens_;
  std::vector<float> positions_, type_;
};

}  // namespace

TokenStepPointer make_token_step(const Embedding& block, TokenWeights& weights) {
  return std::make_unique<EmbeddingStep>(block, weights);
}

}  // namespace mx::engine
