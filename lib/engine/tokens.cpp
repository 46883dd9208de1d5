// SPDX-License-Identifier: Apache-2.0
#include "engine/tokens.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "engine/packed_map.h"
#include "engine/step.h"

namespace mx::engine {
namespace {

using StepList = std::vector<std::unique_ptr<TokenStep>>;

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

// What steps are made from; maps are packed once, whoever uses them.
class Weights {
 public:
  Weights(std::span<const Weight> weights, const Kernels& kernels)
      : from_{kernels, weights, {}, {}} {}

  [[nodiscard]] std::shared_ptr<const PackedMap> map(const std::string& name) {
    std::shared_ptr<const PackedMap>& one = maps_[name];
    if (!one) one = std::make_shared<const PackedMap>(from_.weight(name), from_.kernels);
    return one;
  }
  [[nodiscard]] std::vector<float> floats(const std::string& name) const {
    return from_.floats(name);
  }
  [[nodiscard]] StepInput rows_of(std::int64_t width) const {
    return {from_.kernels, from_.weights, {width}, {width}};
  }
  [[nodiscard]] const Kernels& kernels() const { return from_.kernels; }

 private:
  StepInput from_;
  std::map<std::string, std::shared_ptr<const PackedMap>> maps_;
};

// A map with its bias.
class Map {
 public:
  Map(Weights& weights, const std::string& name, const std::string& bias)
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

class LinearStep final : public TokenStep {
 public:
  explicit LinearStep(Map map) : map_(std::move(map)) {}
  void run(Flow& flow) const override { flow.x = map_.run(flow); }

 private:
  Map map_;
};

// A block that works on each token by itself, in place.
class RowStep final : public TokenStep {
 public:
  explicit RowStep(StepPointer step) : step_(std::move(step)) {}
  void run(Flow& flow) const override { step_->run(flow.x.data(), nullptr, flow.rows, nullptr); }

 private:
  StepPointer step_;
};

class EmbeddingStep final : public TokenStep {
 public:
  EmbeddingStep(const Embedding& block, Weights& weights)
      : dim_(size(block.dim)), tokens_(weights.map(block.name + ".tokens")) {
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
  AttentionStep(const Attention& block, Weights& weights)
      : heads_(size(block.heads)),
        kv_heads_(size(block.kv_heads)),
        head_(size(block.head_dim)),
        causal_(block.causal),
        rotation_(block.rope, head_),
        query_(weights, block.name + ".query", block.bias ? block.name + ".query_bias" : ""),
        key_(weights, block.name + ".key", block.bias ? block.name + ".key_bias" : ""),
        value_(weights, block.name + ".value", block.bias ? block.name + ".value_bias" : ""),
        output_(weights, block.name + ".output",
                block.output_bias ? block.name + ".output_bias" : "") {}

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
    flow.x.resize(flow.rows * output_.outputs());
    output_.run(seen.data(), flow.x.data(), flow);
  }

 private:
  static constexpr std::size_t kShared = 1U << 14U;  // multiply-adds of a head worth a thread
  std::size_t heads_, kv_heads_, head_;
  bool causal_;
  Rotation rotation_;
  Map query_, key_, value_, output_;
};

class FeedForwardStep final : public TokenStep {
 public:
  FeedForwardStep(const FeedForward& block, Weights& weights)
      : act_(block.activation),
        up_(weights, block.name + ".up", block.bias ? block.name + ".up_bias" : ""),
        down_(weights, block.name + ".down", block.bias ? block.name + ".down_bias" : "") {
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
    down_.run(wide.data(), flow.x.data(), flow);
  }

 private:
  Act act_;
  Map up_, down_;
  std::optional<Map> gate_;
};

class PoolStep final : public TokenStep {
 public:
  explicit PoolStep(bool first) : first_(first) {}
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

class ResidualStep final : public TokenStep {
 public:
  explicit ResidualStep(StepList steps) : steps_(std::move(steps)) {}
  void run(Flow& flow) const override {
    const std::vector<float> before = flow.x;
    for (const auto& step : steps_) step->run(flow);
    for (std::size_t i = 0; i < before.size(); ++i) flow.x[i] = before[i] + flow.x[i];
  }

 private:
  StepList steps_;
};

// Makes steps of blocks; the width of a token is followed along.
class Builder {
 public:
  Builder(std::span<const Weight> weights, const Kernels& kernels) : weights_(weights, kernels) {}

  StepList build(const std::vector<Block>& blocks) {
    StepList steps;
    for (const Block& block : blocks) {
      if (auto step = std::visit([this](const auto& one) { return make(one); }, block.any)) {
        steps.push_back(std::move(step));
      }
    }
    return steps;
  }

 private:
  using Pointer = std::unique_ptr<TokenStep>;
  Pointer make(const InputBlock& /*block*/) { return nullptr; }
  Pointer make(const Dropout& /*block*/) { return nullptr; }
  Pointer make(const Embedding& block) {
    width_ = block.dim;
    return std::make_unique<EmbeddingStep>(block, weights_);
  }
  Pointer make(const Linear& block) {
    width_ = block.out;
    return std::make_unique<LinearStep>(
        Map(weights_, block.tied.empty() ? block.name + ".weight" : block.tied,
            block.bias ? block.name + ".bias" : ""));
  }
  Pointer make(const Attention& block) { return std::make_unique<AttentionStep>(block, weights_); }
  Pointer make(const FeedForward& block) {
    return std::make_unique<FeedForwardStep>(block, weights_);
  }
  Pointer make(const TokenPool& block) { return std::make_unique<PoolStep>(block.first); }
  Pointer make(const Residual& block) {
    return std::make_unique<ResidualStep>(build(block.blocks));
  }
  Pointer make(const LayerNorm& block) { return row(block); }
  Pointer make(const RmsNorm& block) { return row(block); }
  Pointer make(const Activation& block) { return row(block); }
  template <class T>
  Pointer make(const T& block) {
    fail(Kind::input, "the block type '{}' cannot follow tokens", type_of({block}));
  }
  template <class T>
  Pointer row(const T& block) {
    StepPointer step = make_step(block, weights_.rows_of(width_));
    return step ? std::make_unique<RowStep>(std::move(step)) : nullptr;
  }

  Weights weights_;
  std::int64_t width_ = 0;
};

// How many blocks there are up to the last one in which tokens meet, and what attention there is.
struct Mixing {
  std::size_t attentions = 0;
  bool ahead = false;
};
Mixing mixing(const std::vector<Block>& blocks) {
  Mixing out;
  for (const Block& block : blocks) {
    if (const auto* attention = std::get_if<Attention>(&block.any)) {
      ++out.attentions;
      out.ahead = out.ahead || !attention->causal;
    }
    if (const auto* residual = std::get_if<Residual>(&block.any)) {
      const Mixing inside = mixing(residual->blocks);
      out.attentions += inside.attentions;
      out.ahead = out.ahead || inside.ahead;
    }
  }
  return out;
}

}  // namespace

TokenNetwork::TokenNetwork(const Network& network, std::span<const Weight> weights,
                           const Kernels& kernels)
    : kernels_(kernels),
      context_(size(context_of(network))),
      vocabulary_(size(vocabulary_of(network))),
      outputs_(size(output_shape(network).back())),
      pooled_(output_shape(network).size() == 1) {
  const Mixing all = mixing(network.blocks);
  attentions_ = all.attentions;
  sees_ahead_ = all.ahead || pooled_;
  Builder builder(weights, kernels);
  for (const Block& block : network.blocks) {
    for (auto& step : builder.build({block})) steps_.push_back(std::move(step));
    const bool first = std::holds_alternative<Embedding>(block.any);
    if (first || std::holds_alternative<TokenPool>(block.any) || mixing({block}).attentions > 0) {
      mixed_ = steps_.size();
    }
  }
}
TokenNetwork::~TokenNetwork() = default;

void TokenNetwork::run(std::span<const TokenId> ids, std::size_t past, Cache& cache,
                       std::span<float> out, ThreadPool* pool) const {
  if (ids.empty()) fail(Kind::failed, "there are no tokens to run");
  if (ids.size() > context_ - std::min(past, context_)) {
    fail(Kind::input, "{} tokens are more than the context of {}", past + ids.size(), context_);
  }
  for (const TokenId id : ids) {
    if (id >= vocabulary_) {
      fail(Kind::input, "the token {} is outside the vocabulary of {}", id, vocabulary_);
    }
  }
  const std::size_t wanted = pooled_ ? 1 : out.size() / outputs_;
  if (out.size() != wanted * outputs_ || (wanted != 1 && wanted != ids.size())) {
    fail(Kind::failed, "outputs of {} tokens do not fit into {} numbers", ids.size(), out.size());
  }
  cache.resize(attentions_);
  Flow flow{.kernels = kernels_, .ids = ids, .past = past, .cache = cache};
  flow.pool = pool;
  flow.rows = ids.size();
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (i == mixed_ && wanted < flow.rows) {  // the last token alone is asked for
      const std::size_t width = flow.x.size() / flow.rows;
      flow.x.erase(flow.x.begin(), flow.x.end() - static_cast<std::ptrdiff_t>(width));
      flow.rows = 1;
    }
    steps_[i]->run(flow);
  }
  std::ranges::copy(std::span(flow.x).last(out.size()), out.begin());
}

}  // namespace mx::engine
