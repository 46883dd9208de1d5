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

namespace mx {
namespace {

constexpr std::int64_t kAlign = 16;  // numbers: 64 bytes

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
  input_ = shapes(network_).front();
  for (const Block& block : network_.blocks) {
    Step step = make_step(block, tensors);
    if (!step) continue;
    steps_.push_back(std::move(step));
    residual_.push_back(std::holds_alternative<Residual>(block.any));
    if (residual_.back()) head_ = steps_.size();
  }
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
  const Bf16 bf16(pass.bf16);
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (i == head_ && pass.wanted.defined() && tokens_ && !pooled_) {
      y = y.flatten(0, 1).index_select(0, pass.wanted).unsqueeze(0);
    }
    const bool again = pass.recompute && tokens_ && residual_[i];
    // A graph that leads to no number that trains would not be followed back through the step.
    if (again && at::GradMode::is_enabled() && !y.requires_grad()) {
      y = y.detach().requires_grad_(true);
    }
    y = again ? recomputed(steps_[i], y, flow) : steps_[i](y, flow);
  }
  if (pass.bf16) y = y.to(at::kFloat);
  return tokens_ || y.dim() == 2 ? y : at::flatten(y, 1);
}

std::size_t Executor::rows_at_once() const {
  constexpr std::size_t kRows = 1024;
  constexpr std::size_t kTokens = 4096;
  if (!tokens_) return kRows;
  return std::max<std::size_t>(1, kTokens / static_cast<std::size_t>(context_of(network_)));
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
