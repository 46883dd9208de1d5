// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "engine/token_step.h"

namespace mx::engine {
namespace {

// Rotary positions (Su et al. 2021): pair i of a head is its numbers i and i + size / 2.
class Rotation {
 public:
  explicit Rotation(const Attention& block)
      : turns_(pair_turns(block)), cosine_(turns_.size()), sine_(turns_.size()) {}
  [[nodiscard]] bool turns() const { return !turns_.empty(); }
  void set(std::size_t position) {
    for (std::size_t i = 0; i < turns_.size(); ++i) {
      const double angle = static_cast<double>(position) * turns_[i].speed;
      cosine_[i] = static_cast<float>(std::cos(angle) * turns_[i].scale);
      sine_[i] = static_cast<float>(std::sin(angle) * turns_[i].scale);
    }
  }
  void turn(float* x, std::size_t heads) const {
    const std::size_t half = turns_.size();
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
  std::vector<PairTurn> turns_;
  std::vector<float> cosine_, sine_;  // at the position that was set
};

// Each head by itself to a root mean square of 1, times a weight that all heads share.
class HeadNorm {
 public:
  HeadNorm(const Attention& block, const std::string& role, TokenWeights& weights)
      : eps_(block.norm_eps) {
    if (eps_ > 0) weight_ = weights.floats(block.name + role);
  }
  void run(float* x, std::size_t heads) const {
    const std::size_t size = weight_.size();
    for (std::size_t h = 0; size > 0 && h < heads; ++h, x += size) {
      double squares = 0;
      for (std::size_t i = 0; i < size; ++i) squares += static_cast<double>(x[i]) * x[i];
      const auto scale =
          static_cast<float>(1 / std::sqrt(squares / static_cast<double>(size) + eps_));
      for (std::size_t i = 0; i < size; ++i) x[i] = x[i] * scale * weight_[i];
    }
  }

 private:
  double eps_;
  std::vector<float> weight_;  // empty: nothing is done
};

class AttentionStep final : public TokenStep {
 public:
  AttentionStep(const Attention& block, TokenWeights& weights)
      : heads_(static_cast<std::size_t>(block.heads)),
        kv_heads_(static_cast<std::size_t>(block.kv_heads)),
        head_(static_cast<std::size_t>(block.head_dim)),
        causal_(block.causal),
        rotation_(block),
        query_norm_(block, ".query_norm", weights),
        key_norm_(block, ".key_norm", weights),
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
    query_norm_.run(query.data(), flow.rows * heads_);
    key_norm_.run(keys, flow.rows * kv_heads_);
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
  HeadNorm query_norm_, key_norm_;
  BiasedMap query_, key_, value_;
};

}  // namespace

TokenStepPointer make_token_step(const Attention& block, TokenWeights& weights) {
  return std::make_unique<AttentionStep>(block, weights);
}

}  // namespace mx::engine
