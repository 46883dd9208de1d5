// SPDX-License-Identifier: Apache-2.0
#include "learn/updater.h"

#include <torch/torch.h>

namespace mx {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;
constexpr double kClipEpsilon = 1e-6;  // as PyTorch's clip_grad_norm_

}  // namespace

Updater::Updater(const TrainOptions& options, const at::Tensor& numbers, const at::Tensor& gradient)
    : options_(options), numbers_(numbers), gradient_(gradient), steps_(at::zeros({})) {
  switch (options_.optimizer) {
    case Optimizer::gd:
      options_.momentum = 0;
      break;
    case Optimizer::sgd:
      if (options_.momentum > 0) state_.push_back({"sgd.momentum", at::zeros_like(numbers_)});
      break;
    case Optimizer::adam:
    case Optimizer::adamw:
      state_.push_back({"adam.m", at::zeros_like(numbers_)});
      state_.push_back({"adam.v", at::zeros_like(numbers_)});
      break;
  }
}

void Updater::step(double lr, std::uint64_t step) {
  if (options_.clip > 0) {
    const double norm = at::linalg_vector_norm(gradient_).item<double>();
    if (norm > options_.clip) gradient_.mul_(options_.clip / (norm + kClipEpsilon));
  }
  if (options_.optimizer == Optimizer::gd || options_.optimizer == Optimizer::sgd) {
    std::vector<at::Tensor> momentum;
    if (!state_.empty()) momentum.push_back(state_[0].buffer);
    at::_fused_sgd_({numbers_}, {gradient_}, momentum, options_.weight_decay, options_.momentum, lr,
                    /*dampening=*/0, /*nesterov=*/false, /*maximize=*/false,
                    /*is_first_step=*/false);
    return;
  }
  steps_.fill_(static_cast<double>(step + 1));
  const std::vector<at::Tensor> p = {numbers_}, g = {gradient_}, m = {state_[0].buffer},
                                v = {state_[1].buffer}, t = {steps_};
  if (options_.optimizer == Optimizer::adamw) {
    at::_fused_adamw_(p, g, m, v, {}, t, lr, kBeta1, kBeta2, options_.weight_decay, kEpsilon,
                      /*amsgrad=*/false, /*maximize=*/false);
  } else {
    at::_fused_adam_(p, g, m, v, {}, t, lr, kBeta1, kBeta2, options_.weight_decay, kEpsilon,
                     /*amsgrad=*/false, /*maximize=*/false);
  }
}

}  // namespace mx
