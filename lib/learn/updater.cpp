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

Updater::Updater(const TrainOptions& options, const at::Tensor& numbers, const at::Tensor& gradient,
                 std::int64_t matrices)
    : options_(options),
      numbers_(numbers),
      gradient_(gradient),
      steps_(at::zeros({})),
      matrices_(matrices) {
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
  std::optional<at::Tensor> divisor;
  if (options_.clip > 0) {
    const double norm = at::linalg_vector_norm(gradient_).item<double>();
    // The fused steps divide by it on their way through the gradient.
    if (norm > options_.clip) divisor = at::full({}, (norm + kClipEpsilon) / options_.clip);
  }
  steps_.fill_(static_cast<double>(step + 1));
  const std::int64_t all = numbers_.numel();
  if (options_.weight_decay == 0) {
    update(lr, 0, all, 0, divisor);
  } else {
    update(lr, 0, matrices_, options_.weight_decay, divisor);
    update(lr, matrices_, all, 0, divisor);
  }
}

void Updater::update(double lr, std::int64_t begin, std::int64_t end, double weight_decay,
                     const std::optional<at::Tensor>& divisor) {
  if (begin == end) return;
  const auto part = [&](const at::Tensor& all) -> std::vector<at::Tensor> {
    return {all.narrow(0, begin, end - begin)};
  };
  const std::vector<at::Tensor> p = part(numbers_), g = part(gradient_);
  if (options_.optimizer == Optimizer::gd || options_.optimizer == Optimizer::sgd) {
    const auto momentum = state_.empty() ? std::vector<at::Tensor>() : part(state_[0].buffer);
    at::_fused_sgd_(p, g, momentum, weight_decay, options_.momentum, lr, /*dampening=*/0,
                    /*nesterov=*/false, /*maximize=*/false, /*is_first_step=*/false, divisor);
    return;
  }
  const std::vector<at::Tensor> m = part(state_[0].buffer), v = part(state_[1].buffer),
                                t = {steps_};
  if (options_.optimizer == Optimizer::adamw) {
    at::_fused_adamw_(p, g, m, v, {}, t, lr, kBeta1, kBeta2, weight_decay, kEpsilon,
                      /*amsgrad=*/false, /*maximize=*/false, divisor);
  } else {
    at::_fused_adam_(p, g, m, v, {}, t, lr, kBeta1, kBeta2, weight_decay, kEpsilon,
                     /*amsgrad=*/false, /*maximize=*/false, divisor);
  }
}

}  // namespace mx
