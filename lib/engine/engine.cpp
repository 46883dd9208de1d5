// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>
#include <optional>

#include "base/checked.h"
#include "base/error.h"
#include "engine/step.h"
#include "engine/tokens.h"
#include "file/memory.h"

namespace mx {
namespace {

struct Workspace {
  Buffer front, back, scratch;
};

float* floats(Buffer& buffer) { return reinterpret_cast<float*>(buffer.data()); }

}  // namespace

struct Engine::State {
  struct Stage {
    engine::StepPointer step;
    std::size_t out = 0;  // numbers per row behind it
  };
  ThreadPool& pool;
  RunEstimate estimate;
  std::uint64_t max_memory;
  const engine::Kernels& kernels = engine::kernels();
  std::vector<Stage> stages;
  std::optional<engine::TokenNetwork> tokens;  // instead of stages
  std::size_t in = 0, out = 0, widest = 0, scratch = 0;
  std::mutex mutex;
  std::vector<Workspace> free;  // one per thread that ever worked at the same time

  State(const Network& network, std::span<const Weight> weights, ThreadPool& workers,
        MapObserver* observer, std::uint64_t limit)
      : pool(workers),
        estimate(network, weights),
        max_memory(limit == 0 ? default_max_memory() : limit) {
    check({.rows = 1, .tokens = 1});
    const std::vector<Shape> behind = shapes(network);
    in = element_count(behind.front());
    out = element_count(behind.back());
    widest = in;
    if (takes_tokens(network)) {
      tokens.emplace(network, weights, kernels, observer);
      return;
    }
    const engine::WeightsByName names = engine::by_name(weights);
    for (std::size_t i = 1; i < network.blocks.size(); ++i) {
      const engine::StepInput from{kernels, weights, behind[i - 1], behind[i], observer, &names};
      Stage stage{std::visit([&](const auto& block) { return engine::make_step(block, from); },
                             network.blocks[i].any),
                  element_count(behind[i])};
      if (stage.step == nullptr) continue;
      widest = std::max(widest, stage.out);
      scratch = std::max(scratch, stage.step->scratch());
      stages.push_back(std::move(stage));
    }
  }

  void check(RunSize size) const {
    size.threads = pool.threads();
    check_run(estimate, size, max_memory);
  }

  [[nodiscard]] Workspace take(std::size_t rows) {
    Workspace space;
    {
      const std::lock_guard lock(mutex);
      if (!free.empty()) {
        space = std::move(free.back());
        free.pop_back();
      }
    }
    const std::size_t bytes =
        checked_mul(checked_mul(rows, widest, "a batch"), sizeof(float), "a batch");
    if (space.front.size() < bytes) space = {Buffer(bytes), Buffer(bytes), {}};
    if (space.scratch.size() == 0) space.scratch = Buffer(scratch * sizeof(float));
    return space;
  }
  void give(Workspace space) {
    const std::lock_guard lock(mutex);
    free.push_back(std::move(space));
  }

  // `rows`: of the batch.
  void run_tokens(const float* x, float* y, std::size_t rows) const {
    const std::vector<TokenId> ids = token_ids({x, in});
    if (ids.empty()) fail(Kind::input, "a row has no tokens");
    check({.rows = rows, .tokens = ids.size(), .given = true});
    engine::Cache cache;
    const std::size_t count = tokens->pooled() ? out : ids.size() * tokens->outputs();
    tokens->run(ids, 0, cache, {y, count}, nullptr);
    std::fill(y + count, y + out, 0.0F);
  }

  void run(const float* x, float* y, std::size_t rows) {
    Workspace space = take(rows);
    float* now = floats(space.front);
    float* next = floats(space.back);
    std::memcpy(now, x, rows * in * sizeof(float));
    for (const Stage& stage : stages) {
      stage.step->run(now, stage.step->in_place() ? nullptr : next, rows, floats(space.scratch));
      if (!stage.step->in_place()) std::swap(now, next);
    }
    std::memcpy(y, now, rows * out * sizeof(float));
    give(std::move(space));
  }
};

Engine::Engine(const Network& network, std::span<const Weight> weights, ThreadPool& pool,
               MapObserver* observer, std::uint64_t max_memory) {
  check_network(network);
  std::vector<NamedShape> stored;
  for (const Weight& weight : weights) stored.push_back({weight.name, &weight.values.shape});
  check_tensors(network, stored);
  state_ = std::make_unique<State>(network, weights, pool, observer, max_memory);
}
Engine::Engine(const Model& model, ThreadPool& pool)
    : Engine(model.header.network, model.weights, pool, nullptr, model.max_memory) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;

std::size_t Engine::input_size() const { return state_->in; }
std::size_t Engine::output_size() const { return state_->out; }

void Engine::check(RunSize size) const { state_->check(size); }

void Engine::run(std::span<const float> x, std::span<float> y, std::size_t rows) {
  if (x.size() != rows * state_->in || y.size() != rows * state_->out) {
    fail(Kind::failed, "a batch of {} rows has {} numbers in and {} out, not {} and {}", rows,
         x.size(), y.size(), rows * state_->in, rows * state_->out);
  }
  if (state_->tokens) {
    state_->pool.run(rows, [&](std::size_t i) {
      state_->run_tokens(x.data() + i * state_->in, y.data() + i * state_->out, rows);
    });
    return;
  }
  state_->check({.rows = rows, .given = true});
  const std::size_t piece =
      engine::rows_together(rows, state_->pool.threads(), state_->widest, state_->kernels.tile);
  state_->pool.run((rows + piece - 1) / piece, [&](std::size_t i) {
    const std::size_t first = i * piece;
    state_->run(x.data() + first * state_->in, y.data() + first * state_->out,
                std::min(piece, rows - first));
  });
}

std::vector<TokenId> token_ids(std::span<const float> row) {
  std::vector<TokenId> ids;
  bool padding = false;
  for (const float id : row) {
    padding = padding || id < 0;
    if (padding && id < 0) continue;
    if (padding) fail(Kind::input, "the token {} stands behind padding", id);
    if (!(id < 0x1p24F) || id != std::floor(id)) fail(Kind::input, "{} is no token", id);
    ids.push_back(static_cast<TokenId>(id));
  }
  return ids;
}

const engine::TokenNetwork* Engine::token_network() const {
  return state_->tokens ? &*state_->tokens : nullptr;
}
ThreadPool& Engine::pool() const { return state_->pool; }

std::string_view kernel_name() { return engine::kernels().name; }

}  // namespace mx
