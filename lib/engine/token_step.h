// SPDX-License-Identifier: Apache-2.0
// A block on tokens made ready to run, as step.h for those on rows: it changes the numbers of the
// tokens that are fed now. What attention remembers of those before lies in a Cache. Each block
// type has its step in engine/blocks/, and its line at the end of this header.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/threads.h"
#include "engine/kernels/kernels.h"
#include "engine/packed_map.h"
#include "engine/step.h"
#include "net/network.h"
#include "text/tokenizer.h"

namespace mx::engine {

// Keys and values of one attention block: [tokens so far, kv_heads * head_dim] each.
struct KeysValues {
  std::vector<float> keys, values;
};
using Cache = std::vector<KeysValues>;

// The tokens that go through the network in one call.
struct Flow {
  const Kernels& kernels;
  std::span<const TokenId> ids;
  std::size_t past = 0;  // tokens in front of them
  Cache& cache;
  std::size_t attention = 0;                  // number of the next attention block
  ThreadPool* pool = nullptr;                 // null: this thread alone
  std::size_t rows = 0;                       // tokens, or 1 behind a pool
  std::vector<float> x = {};                  // [rows, width]
  std::vector<std::vector<float>> kept = {};  // the inputs of residual blocks, the innermost last
};

class TokenStep {
 public:
  TokenStep() = default;
  TokenStep(const TokenStep&) = delete;
  TokenStep& operator=(const TokenStep&) = delete;
  virtual ~TokenStep() = default;
  virtual void run(Flow& flow) const = 0;
};

using TokenStepPointer = std::unique_ptr<TokenStep>;

// What steps are made from; maps are packed once, whoever uses them.
class TokenWeights {
 public:
  TokenWeights(std::span<const Weight> weights, const Kernels& kernels, MapObserver* observer)
      : names_(by_name(weights)), from_{kernels, weights, {}, {}, observer, &names_} {}
  TokenWeights(const TokenWeights&) = delete;

  [[nodiscard]] std::shared_ptr<const PackedMap> map(const std::string& name) {
    std::shared_ptr<const PackedMap>& one = maps_[name];
    if (!one) {
      one = std::make_shared<const PackedMap>(from_.weight(name), from_.kernels, from_.observer);
    }
    return one;
  }
  [[nodiscard]] std::vector<float> floats(const std::string& name) const {
    return from_.floats(name);
  }
  [[nodiscard]] StepInput rows_of(std::int64_t width) const {
    return {from_.kernels, from_.weights, {width}, {width}, nullptr, &names_};
  }
  [[nodiscard]] const Kernels& kernels() const { return from_.kernels; }

 private:
  WeightsByName names_;
  StepInput from_;
  std::map<std::string, std::shared_ptr<const PackedMap>> maps_;
};

// A map with its bias; an empty name: none.
class BiasedMap {
 public:
  BiasedMap(TokenWeights& weights, const std::string& name, const std::string& bias)
      : map_(weights.map(name)) {
    if (!bias.empty()) bias_ = padded(weights.floats(bias), weights.kernels().panel);
  }
  [[nodiscard]] std::size_t outputs() const { return map_->outputs(); }
  void run(const float* x, float* y, const Flow& flow) const {
    map_->run(x, flow.rows, bias_, y, flow.pool);
  }
  [[nodiscard]] std::vector<float> run(const Flow& flow) const {
    std::vector<float> y(flow.rows * map_->outputs());
    run(flow.x.data(), y.data(), flow);
    return y;
  }

 private:
  std::shared_ptr<const PackedMap> map_;
  Buffer bias_;
};

[[nodiscard]] TokenStepPointer make_token_step(const Embedding& block, TokenWeights& weights);
// What their last map, output or down, is applied to.
[[nodiscard]] TokenStepPointer make_token_step(const Attention& block, TokenWeights& weights);
[[nodiscard]] TokenStepPointer make_token_step(const FeedForward& block, TokenWeights& weights);
[[nodiscard]] TokenStepPointer make_token_step(const TokenPool& block, TokenWeights& weights);
[[nodiscard]] TokenStepPointer make_map_step(const std::string& weight, const std::string& bias,
                                             TokenWeights& weights);

}  // namespace mx::engine
