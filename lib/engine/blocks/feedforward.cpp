// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "engine/token_step.h"

namespace mx::engine {
namespace {

class FeedForwardStep final : public TokenStep {
 public:
  FeedForwardStep(const FeedForward& block, TokenWeights& weights)
      : act_(block.activation),
        up_(weights, block.name + ".up", block.bias ? block.name + ".up_bias" : "") {
    if (block.gated) {
      gate_.emplace(weights, block.name + ".gate", block.bias ? block.name + ".gate_bias" : "");
    }
  }
  void run(Flow& flow) const override {
    std::vector<float> wide = up_.run(flow);
    if (gate_) {
      std::vector<float> gate = gate_->run(flow);
      flow.kernels.activate(act_, gate.data(), gate.size());
      for (std::size_t i = 0; i < wide.size(); ++i) wide[i] *= gate[i];
    } else {
      flow.kernels.activate(act_, wide.data(), wide.size());
    }
    flow.x = std::move(wide);
  }

 private:
  Act act_;
  BiasedMap up_;
  std::optional<BiasedMap> gate_;
};

}  // namespace

TokenStepPointer make_token_step(const FeedForward& block, TokenWeights& weights) {
  return std::make_unique<FeedForwardStep>(block, weights);
}

}  // namespace mx::engine
