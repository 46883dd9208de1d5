// SPDX-License-Identifier: Apache-2.0
#include "model/executor.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "base/error.h"
#include "model/precision.h"
#include "model/recompute.h"
#include "model/steps.h"
#include "net/layers.h"

namespace mx {
namespace {

constexpr std::int64_t kAlign = 16;  // numbers: 64 bytes
constexpr auto kNoLayer = static_cast<std::size_t>(-1);

std::span<float> numbers(at::Tensor& buffer, const Executor::Place& place) {
  return {buffer.data_ptr<float>() + place.begin, static_cast<std::size_t>(place.count)};
}

// f32 as it lies there; other types by their numbers.
at::Tensor frozen(const Weight& weight) {
  const auto view = [](const Tensor& values) {
    // The tensor is only read.
    return at::from_blob(const_cast<float*>(values.as<float>().data()), values.shape, at::kFloat);
  };
  if (weight.scheme == Scheme::plain && weight.values.dtype == DType::f32) {
    return view(weight.values);
  }
  return view(to_f32(weight)).clone();
}

using ByName = std::map<std::string_view, const Weight*>;

ByName by_name(std::span<const Weight> weights) {
  ByName out;
  for (const Weight& weight : weights) out.emplace(weight.name, &weight);
  return out;
}

void check_weights(const Network& network, std::span<const Weight> weights) {
  std::vector<NamedShape> stored;
  for (const Weight& weight : weights) stored.push_back({weight.name, &weight.values.shape});
  check_tensors(network, stored);
}

}  // namespace

Executor::Executor(const Network& network, std::span<const Weight> weights, bool trains)
    : network_(network),
      tokens_(takes_tokens(network)),
      pooled_(tokens_ && output_shape(network).size() == 1) {
  check_weights(network_, weights);
  Tensors tensors;
  hold(mx::tensors(network_), weights, trains, tensors);
  make_steps(tensors);
}

Executor::Executor(const Network& network, std::span<const Weight> base, const LowRank& low_rank,
                   std::span<const Weight> adapter)
    : network_(network),
      tokens_(takes_tokens(network)),
      pooled_(tokens_ && output_shape(network).size() == 1) {
  check_weights(network_, base);
  Tensors tensors;
  const ByName named = by_name(base);
  for (const TensorSpec& spec : mx::tensors(network_)) {
    tensors.add(spec, frozen(*named.at(spec.name)));
  }
  tensors.freeze(low_rank.alpha / static_cast<double>(low_rank.rank), low_rank.dropout);
  hold(mx::tensors(low_rank), adapter, /*trains=*/true, tensors);
  make_steps(tensors);
}

// Lays the tensors out, fills them, and adds them to `tensors`.
void Executor::hold(std::vector<TensorSpec> specs, std::span<const Weight> weights, bool trains,
                    Tensors& tensors) {
  for (TensorSpec& spec : specs) {
    const auto count = static_cast<std::int64_t>(element_count(spec.shape));
    places_.push_back({.spec = std::move(spec), .count = count});
  }
  const auto lay_out = [&](std::int64_t begin, auto&& belongs) {
    for (Place& place : places_) {
      if (!belongs(place.spec)) continue;
      place.begin = begin;
      begin += (place.count + kAlign - 1) / kAlign * kAlign;
    }
    return begin;
  };
  const auto is_matrix = [](const TensorSpec& spec) { return spec.shape.size() > 1; };
  matrices_ = lay_out(0, [&](const auto& spec) { return spec.trained && is_matrix(spec); });
  const std::int64_t trained =
      lay_out(matrices_, [&](const auto& spec) { return spec.trained && !is_matrix(spec); });
  const std::int64_t statistics = lay_out(0, [](const auto& spec) { return !spec.trained; });
  trained_ = at::zeros({trained}, at::kFloat);
  statistics_ = at::zeros({statistics}, at::kFloat);
  if (trains) gradient_ = at::zeros({trained}, at::kFloat);

  const ByName named = by_name(weights);
  for (const Place& place : places_) {
    at::Tensor& buffer = place.spec.trained ? trained_ : statistics_;
    const Tensor values = to_f32(*named.at(place.spec.name));
    const std::span<const float> from = values.as<float>();
    std::copy(from.begin(), from.end(), numbers(buffer, place).begin());
    at::Tensor view = buffer.narrow(0, place.begin, place.count).view(place.spec.shape);
    if (trains && place.spec.trained) {
      view = view.detach().requires_grad_(true);
      view.mutable_grad() =
          gradient_.narrow(0, place.begin, place.count).view(place.spec.shape).detach();
    }
    tensors.add(place.spec, std::move(view));
  }
}

void Executor::make_steps(const Tensors& tensors) {
  const std::vector<Shape> behind = shapes(network_);
  input_ = behind.front();
  const std::vector<NetworkLayer> layers = mx::layers(network_);
  layers_ = layers.size();
  for (std::size_t i = 0; i < network_.blocks.size(); ++i) {
    const Block& block = network_.blocks[i];
    Step step = make_step(block, tensors);
    if (!step) continue;
    steps_.push_back(std::move(step));
    residual_.push_back(std::holds_alternative<Residual>(block.any));
    if (residual_.back()) head_ = steps_.size();
    const auto layer = std::ranges::find_if(
        layers, [i](const NetworkLayer& one) { return i >= one.begin && i < one.end; });
    layer_.push_back(layer == layers.end() ? kNoLayer
                                           : static_cast<std::size_t>(layer - layers.begin()));
  }
  headed_ = std::holds_alternative<Linear>(network_.blocks.back().any) &&
            behind.back().size() == (tokens_ && !pooled_ ? 2 : 1);
}

at::Tensor Executor::forward(const at::Tensor& x, const ForwardPass& pass) const {
  Flow flow{.pass = pass};
  at::Tensor y = x;
  if (tokens_) {
    y = x.to(at::kLong);
    if (pooled_) {
      const auto longest = y.ge(0).any(0).sum().item<std::int64_t>();
      y = y.narrow(1, 0, std::max<std::int64_t>(1, longest));
    }
    flow.ids = y;
    flow.padded = y.lt(0).any().item<bool>();
  } else if (input_.size() > 1) {
    std::vector<std::int64_t> shape = {x.size(0)};
    shape.insert(shape.end(), input_.begin(), input_.end());
    y = x.view(shape);
  }
  if (pass.layers != nullptr) pass.layers->assign(layers_, {});
  const Bf16 bf16(pass.bf16);
  const std::size_t end = steps_.size() - (pass.headless && headed_ ? 1 : 0);
  for (std::size_t i = 0; i <= end; ++i) {
    if (i == head_ && pass.wanted.defined() && tokens_ && !pooled_) {
      y = y.flatten(0, 1).index_select(0, pass.wanted).unsqueeze(0);
    }
    if (i == end) break;
    const bool tapped = pass.layers != nullptr && layer_[i] != kNoLayer;
    flow.layer = tapped ? &(*pass.layers)[layer_[i]] : nullptr;
    const bool again = pass.recompute && tokens_ && residual_[i];
    // A graph that leads to no number that trains would not be followed back through the step.
    if (again && at::GradMode::is_enabled() && !y.requires_grad()) {
      y = y.detach().requires_grad_(true);
    }
    y = again ? recomputed(steps_[i], y, flow) : steps_[i](y, flow);
    if (tapped) flow.layer->hidden = y;
  }
  if (pass.bf16) y = y.to(at::kFloat);
  return tokens_ || y.dim() == 2 ? y : at::flatten(y, 1);
}

at::Tensor Executor::head(const at::Tensor& hidden, bool bf16) const {
  if (!headed_) return hidden;
  const ForwardPass pass;
  Flow flow{.pass = pass};
  const Bf16 guard(bf16);
  const at::Tensor y = steps_.back()(hidden, flow);
  return bf16 ? y.to(at::kFloat) : y;
}

std::size_t Executor::rows_at_once() const {
  constexpr std::size_t kRows = 1024;
  constexpr std::size_t kTokens = 4096;
  constexpr std::size_t kOutputs = std::size_t{1} << 24U;  // numbers of all tokens: 64 MiB
  if (!tokens_) return kRows;
  const auto outputs = static_cast<std::size_t>(output_shape(network_).back());
  const std::size_t tokens = pooled_ ? kTokens : std::min(kTokens, kOutputs / outputs);
  return std::max<std::size_t>(1, tokens / static_cast<std::size_t>(context_of(network_)));
}

std::vector<Weight> Executor::weights(const at::Tensor& trained,
                                      const at::Tensor& statistics) const {
  std::vector<Weight> out;
  for (const Place& place : places_) {
    at::Tensor buffer = place.spec.trained ? trained : statistics;
    out.push_back(
        {.name = place.spec.name, .values = tensor_of(place.spec.shape, numbers(buffer, place))});
  }
  return out;
}

}  // namespace mx
