// SPDX-License-Identifier: Apache-2.0
#include <torch/torch.h>

#include <span>

#include "file/adapter.h"
#include "model/linear.h"
#include "model/steps.h"

namespace mx {
namespace {

constexpr double kBatchNormMomentum = 0.1;

}  // namespace

Tensors::Factors Tensors::factors(const std::string& name) const {
  const auto a = map_.find(name + std::string(kLoraA));
  const auto b = map_.find(name + std::string(kLoraB));
  if (a == map_.end() || b == map_.end()) return {};
  return {a->second, b->second, scale_, dropout_};
}

LinearMap::LinearMap(const Block& block, std::string weight, const std::string& bias,
                     const Tensors& tensors)
    : block_(&block),
      name_(std::move(weight)),
      weight_(tensors.at(name_)),
      low_rank_(tensors.factors(name_)),
      tapped_(tensors.prunable(name_) && name_.starts_with(std::string(name_of(block)) + ".")) {
  if (!bias.empty()) bias_ = tensors.at(bias);
}

at::Tensor LinearMap::operator()(const at::Tensor& x, Flow& flow) const {
  at::Tensor y = linear(x, weight_, bias_);
  if (low_rank_.a.defined()) {
    const at::Tensor narrow =
        linear(dropped(x, low_rank_.dropout, flow.pass), low_rank_.a, at::Tensor()) *
        low_rank_.scale;
    y = y + linear(narrow, low_rank_.b, at::Tensor());
  }
  if (tapped_ && flow.pass.taps != nullptr) flow.pass.taps->push_back({block_, name_, x, y});
  return y;
}

at::Tensor activated(Act kind, const at::Tensor& x) {
  switch (kind) {
    case Act::relu:
      return at::relu(x);
    case Act::gelu:
      return at::gelu(x);
    case Act::gelu_tanh:
      return at::gelu(x, "tanh");
    case Act::tanh:
      return at::tanh(x);
    case Act::silu:
      return at::silu(x);
    case Act::none:
      break;
  }
  return x;
}

// Two numbers are drawn from each 64-bit word.
at::Tensor dropped(const at::Tensor& x, double rate, const ForwardPass& pass) {
  if (!pass.training || rate <= 0) return x;
  const auto below = static_cast<std::uint32_t>(rate * 0x1p32);
  const auto scale = static_cast<float>(1 / (1 - rate));
  at::Tensor mask = at::empty(x.sizes(), at::kFloat);
  const std::span<float> out(mask.data_ptr<float>(), static_cast<std::size_t>(mask.numel()));
  for (std::size_t i = 0; i < out.size(); i += 2) {
    const std::uint64_t word = pass.random->next();
    out[i] = static_cast<std::uint32_t>(word) < below ? 0.0F : scale;
    if (i + 1 < out.size()) {
      out[i + 1] = static_cast<std::uint32_t>(word >> 32U) < below ? 0.0F : scale;
    }
  }
  return at::mul(x, mask.to(x.scalar_type()));
}

Step step_of(const InputBlock& /*input*/, const Block& /*block*/, const Tensors& /*tensors*/) {
  return nullptr;
}

Step step_of(const Linear& linear, const Block& block, const Tensors& tensors) {
  return LinearMap(block, linear.tied.empty() ? linear.name + ".weight" : linear.tied,
                   linear.bias ? linear.name + ".bias" : "", tensors);
}

Step step_of(const Conv2d& conv, const Block& block, const Tensors& tensors) {
  const std::string name = conv.name + ".weight";
  return [&block, name, conv, w = tensors.at(name),
          b = conv.bias ? tensors.at(conv.name + ".bias") : at::Tensor()](const at::Tensor& x,
                                                                          Flow& flow) {
    at::Tensor y = at::conv2d(x, w, b, conv.stride, conv.padding);
    if (flow.pass.taps != nullptr) flow.pass.taps->push_back({&block, name, x, y});
    return y;
  };
}

Step step_of(const Pool2d& pool, const Block& /*block*/, const Tensors& /*tensors*/) {
  return [pool](const at::Tensor& x, Flow& /*flow*/) {
    return pool.max ? at::max_pool2d(x, pool.size, pool.stride)
                    : at::avg_pool2d(x, pool.size, pool.stride);
  };
}

Step step_of(const Activation& act, const Block& /*block*/, const Tensors& /*tensors*/) {
  return [kind = act.kind](const at::Tensor& x, Flow& /*flow*/) { return activated(kind, x); };
}

Step step_of(const BatchNorm& norm, const Block& /*block*/, const Tensors& tensors) {
  return
      [eps = norm.eps, w = tensors.at(norm.name + ".weight"), b = tensors.at(norm.name + ".bias"),
       mean = tensors.at(norm.name + ".mean"), var = tensors.at(norm.name + ".var"),
       frozen = tensors.frozen()](const at::Tensor& x, Flow& flow) {
        return at::batch_norm(x, w, b, mean, var, flow.pass.training && !frozen, kBatchNormMomentum,
                              eps,
                              /*cudnn_enabled=*/false);
      };
}

Step step_of(const LayerNorm& norm, const Block& /*block*/, const Tensors& tensors) {
  return [dim = norm.dim, eps = norm.eps, w = tensors.at(norm.name + ".weight"),
          b = tensors.at(norm.name + ".bias")](const at::Tensor& x, Flow& /*flow*/) {
    return at::layer_norm(x, {dim}, w, b, eps, /*cudnn_enable=*/false);
  };
}

Step step_of(const Flatten& /*flatten*/, const Block& /*block*/, const Tensors& /*tensors*/) {
  return [](const at::Tensor& x, Flow& /*flow*/) { return at::flatten(x, 1); };
}

Step step_of(const Dropout& dropout, const Block& /*block*/, const Tensors& /*tensors*/) {
  return [rate = dropout.rate](const at::Tensor& x, Flow& flow) {
    return dropped(x, rate, flow.pass);
  };
}

}  // namespace mx
