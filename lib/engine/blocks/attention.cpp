// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "engine/token_step.h"

namespace mx::engine {
namespace {

// Rotary positions (Su et al. 2021): pair i of a head is its numbers i and i + size / 2.
class Rotation {
 public:
  Rotation(double base, std::size_t head) : cosine_(head / 2), sine_(head / 2) {
    for (std::size_t i = 0; base > 0 && i < head / 2; ++i) {
      speed_.push_back(std::pow(base, -2 * static_cast<double>(i) / static_cast<double>(head)));
    }
  }
  [[nodiscard]] bool turns() const { return !speed_.empty(); }
  void set(std::size_t position) {
    for (std::size_t i = 0; i < speed_.size(); ++i) {
      cosine_[i] = static_cast<float>(std::cos(static_cast<double>(position) * speed_[i]));
      sine_[i] = static_cast<float>(std::sin(static_cast<double>(position) * speed_[i]));
    }
  }
  void turn(float* x, std::size_t heads) const {
    const std::size_t half = speed_.size();
    for (std::size_t h = 0; h < heads; ++h, x += 2 * half) {
      for (std::size_t i = 0; i < half; ++i) {
        const float a = x[i];
        const float b = x[i + half];
        x[i] = a * cosine_[i] - b * sine_[i];
        x[i + half] = b * cosine_[i] + a * sine_[i];
      }
    }
  }

 private:
  std::vector<double> speed_;
  std::vector<float> cosine_, sine_;  // at the position that was set
};

class AttentionStep final : public TokenStep {
 public:
  AttentionStep(const Attention& block, TokenWeights& weights)
      : heads_(static_cast<std::size_t>(block.heads)),
        kv_heads_(static_cast<std::size_t>(block.kv_heads)),
        head_(static_cast<std::size_t>(block.head_dim)),
        causal_(block.causal),
        rotation_(block.rope, head_),
        query_(weights, block.name + ".query", block.bias ? block.name + ".query_bias" : ""),
        key_(weights, block.name + ".key", block.bias ? block.name + ".key_bias" : ""),
        value_(weights, block.name + ".value", block.bias ? block.name + ".value_bias" : "") {}

  void run(Flow& flow) const override {
    const std::size_t wide = heads_ * head_;
    const std::size_t shared = kv_heads_ * head_;
    KeysValues& cache = flow.cache[flow.attention++];
    const std::size_t all = flow.past + flow.rows;
    cache.keys.resize(all * shared);
    cache.values.resize(all * shared);
    std::vector<float> query = query_.run(flow);
    float* const keys = cache.keys.data() + flow.past * shared;
    key_.run(flow.x.data(), keys, flow);
    value_.run(flow.x.data(), cache.values.data() + flow.past * shared, flow);
    Rotation rotation = rotation_;
    for (std::size_t i = 0; i < flow.rows && rotation.turns(); ++i) {
      rotation.set(flow.past + i);
      rotation.turn(query.data() + i * wide, heads_);
      rotation.turn(keys + i * shared, kv_heads_);
    }
    std::vector<float> seen(flow.rows * wide);
    const auto head = [&](std::size_t h) {
      std::vector<float> scores(all + flow.kernels.panel);
      const std::size_t from = h / (heads_ / kv_heads_) * head_;
      for (std::size_t i = 0; i < flow.rows; ++i) {
        flow.kernels.attend({.query = query.data() + i * wide + h * head_,
                             .keys = cache.keys.data() + from,
                             .values = cache.values.data() + from,
                             .size = head_,
                             .stride = shared,
                             .count = causal_ ? flow.past + i + 1 : all,
                             .scale = 1 / std::sqrt(static_cast<float>(head_)),
                             .scores = scores.data(),
                             .out = seen.data() + i * wide + h * head_});
      }
    };
    if (flow.pool != nullptr && flow.rows * all * head_ >= kShared) {
      flow.pool->run(heads_, head);
    } else {
      for (std::size_t h = 0; h < heads_; ++h) head(h);
    }
    flow.x = std::move(seen);
  }

 private:
  static constexpr std::size_t kShared = 1U << 14U;  // multiply-adds of a head worth a thread
  std::size_t heads_, kv_heads_, head_;
  bool causal_;
  Rotation rotation_;
  BiasedMap query_, key_, value_;
};

}  // namespace

TokenStepPointer make_token_step(const Attention& block, TokenWeights& weights) {
  return std::make_unique<AttentionStep>(block, weights);
}

}  // namespace mx::engine
