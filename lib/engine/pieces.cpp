// SPDX-License-Identifier: Apache-2.0
#include "engine/pieces.h"

#include <map>
#include <utility>

#include "base/error.h"

namespace mx::engine {
namespace {

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

class List {
 public:
  explicit List(const Network& network) {
    walk(network, [&](const Block& block, const Shape& in, const Shape& out) {
      shapes_[&block] = {in, out};
    });
    for (const Block& block : network.blocks) {
      add(block);
      ++top_;
    }
  }
  [[nodiscard]] std::vector<Piece> take() { return std::move(out_); }

 private:
  void add(const Block& block) {
    std::visit([&](const auto& one) { add(block, one); }, block.any);
  }
  void add(const Block& block, const Residual& residual) {
    put(block, Piece::Kind::keep);
    for (const Block& inside : residual.blocks) add(inside);
    put(block, Piece::Kind::add);
  }
  void add(const Block& block, const Attention& one) {
    const std::string& name = one.name;
    put(block, Piece::Kind::inner, {name + ".query", name + ".key", name + ".value"},
        size(one.dim));
    put(block, Piece::Kind::last, {name + ".output"}, size(one.heads * one.head_dim));
  }
  void add(const Block& block, const FeedForward& one) {
    std::vector<std::string> maps = {one.name + ".up"};
    if (one.gated) maps.push_back(one.name + ".gate");
    put(block, Piece::Kind::inner, std::move(maps), size(one.dim));
    put(block, Piece::Kind::last, {one.name + ".down"}, size(one.hidden));
  }
  void add(const Block& block, const Linear& one) {
    std::vector<std::string> maps;
    if (one.tied.empty()) maps.push_back(one.name + ".weight");
    put(block, Piece::Kind::block, std::move(maps), size(one.in));
  }
  void add(const Block& block, const Conv2d& one) {
    put(block, Piece::Kind::block, {one.name + ".weight"}, size(one.in * one.kernel * one.kernel));
  }
  template <class T>
  void add(const Block& block, const T& /*one*/) {
    put(block, Piece::Kind::block);
  }
  void put(const Block& block, Piece::Kind kind, std::vector<std::string> maps = {},
           std::size_t width = 0) {
    const auto& [in, out] = shapes_.at(&block);
    out_.push_back({kind, &block, in, out, top_, std::move(maps), width});
  }

  std::map<const Block*, std::pair<Shape, Shape>> shapes_;
  std::size_t top_ = 0;
  std::vector<Piece> out_;
};

// A block that works on each token by itself, in place.
class RowStep final : public TokenStep {
 public:
  explicit RowStep(StepPointer step) : step_(std::move(step)) {}
  void run(Flow& flow) const override { step_->run(flow.x.data(), nullptr, flow.rows, nullptr); }

 private:
  StepPointer step_;
};

class KeepStep final : public TokenStep {
 public:
  void run(Flow& flow) const override { flow.kept.push_back(flow.x); }
};

class AddStep final : public TokenStep {
 public:
  void run(Flow& flow) const override {
    const std::vector<float>& before = flow.kept.back();
    for (std::size_t i = 0; i < before.size(); ++i) flow.x[i] = before[i] + flow.x[i];
    flow.kept.pop_back();
  }
};

// Of a block that is one piece.
class Maker {
 public:
  Maker(const Piece& piece, TokenWeights& weights) : piece_(piece), weights_(weights) {}

  TokenStepPointer operator()(const InputBlock& /*block*/) const { return nullptr; }
  TokenStepPointer operator()(const Dropout& /*block*/) const { return nullptr; }
  TokenStepPointer operator()(const Embedding& block) const {
    return make_token_step(block, weights_);
  }
  TokenStepPointer operator()(const Linear& block) const {
    return make_map_step(block.tied.empty() ? block.name + ".weight" : block.tied,
                         block.bias ? block.name + ".bias" : "", weights_);
  }
  TokenStepPointer operator()(const Attention& block) const {
    if (piece_.kind == Piece::Kind::inner) return make_token_step(block, weights_);
    return make_map_step(block.name + ".output",
                         block.output_bias ? block.name + ".output_bias" : "", weights_);
  }
  TokenStepPointer operator()(const FeedForward& block) const {
    if (piece_.kind == Piece::Kind::inner) return make_token_step(block, weights_);
    return make_map_step(block.name + ".down", block.bias ? block.name + ".down_bias" : "",
                         weights_);
  }
  TokenStepPointer operator()(const TokenPool& block) const {
    return make_token_step(block, weights_);
  }
  TokenStepPointer operator()(const LayerNorm& block) const { return row(block); }
  TokenStepPointer operator()(const RmsNorm& block) const { return row(block); }
  TokenStepPointer operator()(const Activation& block) const { return row(block); }
  template <class T>
  TokenStepPointer operator()(const T& block) const {
    fail(Kind::input, "the block type '{}' cannot follow tokens", type_of({block}));
  }

 private:
  template <class T>
  [[nodiscard]] TokenStepPointer row(const T& block) const {
    StepPointer step = make_step(block, weights_.rows_of(piece_.in.back()));
    return step ? std::make_unique<RowStep>(std::move(step)) : nullptr;
  }

  const Piece& piece_;
  TokenWeights& weights_;
};

}  // namespace

std::vector<Piece> pieces(const Network& network) { return List(network).take(); }

TokenStepPointer make_token_step(const Piece& piece, TokenWeights& weights) {
  if (piece.kind == Piece::Kind::keep) return std::make_unique<KeepStep>();
  if (piece.kind == Piece::Kind::add) return std::make_unique<AddStep>();
  return std::visit(Maker(piece, weights), piece.block->any);
}

PieceRunner::PieceRunner(const Piece& piece, bool tokens, std::span<const Weight> weights,
                         MapObserver* observer)
    : tokens_(tokens), out_(element_count(piece.out)), kind_(piece.kind) {
  if (tokens) {
    TokenWeights from(weights, kernels(), observer);
    token_step_ = make_token_step(piece, from);
  } else if (kind_ == Piece::Kind::block) {
    const StepInput from{kernels(), weights, piece.in, piece.out, observer};
    step_ = std::visit([&](const auto& block) { return make_step(block, from); }, piece.block->any);
  }
}
PieceRunner::~PieceRunner() = default;
PieceRunner::PieceRunner(PieceRunner&&) noexcept = default;

void PieceRunner::run(Hidden& hidden) const {
  if (tokens_) {
    if (token_step_ == nullptr) return;
    Cache cache(1);
    Flow flow{.kernels = kernels(), .ids = hidden.ids, .past = 0, .cache = cache};
    flow.rows = hidden.rows;
    flow.x = std::move(hidden.x);
    flow.kept = std::move(hidden.kept);
    token_step_->run(flow);
    hidden.rows = flow.rows;
    hidden.x = std::move(flow.x);
    hidden.kept = std::move(flow.kept);
    return;
  }
  if (step_ == nullptr) return;
  Buffer scratch(step_->scratch() * sizeof(float));
  std::vector<float> y;
  if (!step_->in_place()) y.resize(hidden.rows * out_);
  step_->run(hidden.x.data(), step_->in_place() ? nullptr : y.data(), hidden.rows,
             reinterpret_cast<float*>(scratch.data()));
  if (!step_->in_place()) hidden.x = std::move(y);
}

}  // namespace mx::engine
