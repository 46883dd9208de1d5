// SPDX-License-Identifier: Apache-2.0
#include "engine/token_step.h"

namespace mx::engine {
namespace {

class TokenPoolStep final : public TokenStep {
 public:
  explicit TokenPoolStep(bool first) : first_(first) {}
  void run(Flow& flow) const override {
    const std::size_t width = flow.x.size() / flow.rows;
    for (std::size_t i = 0; i < width && !first_; ++i) {
      double sum = 0;
      for (std::size_t row = 0; row < flow.rows; ++row) sum += flow.x[row * width + i];
      flow.x[i] = static_cast<float>(sum / static_cast<double>(flow.rows));
    }
    flow.x.resize(width);
    flow.rows = 1;
  }

 private:
  bool first_;
};

}  // namespace

TokenStepPointer make_token_step(const TokenPool& block, TokenWeights& /*weights*/) {
  return std::make_unique<TokenPoolStep>(block.first);
}

}  // namespace mx::engine
