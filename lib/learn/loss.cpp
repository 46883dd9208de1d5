// SPDX-License-Identifier: Apache-2.0
#include "learn/loss.h"

#include <torch/torch.h>

#include <cmath>

namespace mx {
namespace {

// Mean over rows of sum p (log p - log q).
at::Tensor kl(const at::Tensor& log_p, const at::Tensor& log_q) {
  return (log_p.exp() * (log_p - log_q)).sum(-1).mean();
}

}  // namespace

at::Tensor task_loss(Task task, const at::Tensor& logits, const Batch& batch) {
  if (task == Task::regress) return at::mse_loss(logits, batch.targets);
  if (task == Task::classify) return at::cross_entropy_loss(logits, batch.classes);
  return at::cross_entropy_loss(logits.flatten(0, 1), batch.classes.flatten(), {},
                                at::Reduction::Mean, /*ignore_index=*/-1);
}

at::Tensor importance_loss(const Schema* schema, const at::Tensor& outputs, const Batch& batch,
                           Random& random) {
  if (schema != nullptr) {
    return task_loss(schema->task, outputs, batch) * static_cast<double>(outputs.size(0));
  }
  at::Tensor signs = at::empty(outputs.sizes(), at::kFloat);
  const std::span<float> out(signs.data_ptr<float>(), static_cast<std::size_t>(signs.numel()));
  for (float& sign : out) sign = random.below(2) == 0 ? -1.0F : 1.0F;
  const at::Tensor length = outputs.square().sum(-1, /*keepdim=*/true).sqrt().clamp_min(1e-12);
  return (outputs / length * signs).sum();
}

at::Tensor teacher_target(Task task, const std::vector<at::Tensor>& logits, double temperature,
                          std::span<const double> shares) {
  const auto share = [&](std::size_t i) {
    return shares.empty() ? 1 / static_cast<double>(logits.size()) : shares[i];
  };
  at::Tensor out;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    at::Tensor one = logits[i];
    if (task == Task::regress) {
      one = one * share(i);
      out = out.defined() ? out + one : one;
      continue;
    }
    one = at::log_softmax(temperature == 1 ? one : one / temperature, -1);
    if (logits.size() > 1) one = one + std::log(share(i));
    out = out.defined() ? at::logaddexp(out, one) : one;
  }
  return out;
}

at::Tensor soft_loss(Task task, const at::Tensor& target, const at::Tensor& logits,
                     const Batch& batch, const DistillOptions& options) {
  if (task == Task::regress) return at::mse_loss(logits, target);
  if (scores_tokens(task)) {
    const at::Tensor has = batch.classes.flatten().ge(0);
    Batch rows;
    return soft_loss(Task::classify, target.flatten(0, 1).index({has}),
                     logits.flatten(0, 1).index({has}), rows, options);
  }
  const double t = options.temperature;
  const at::Tensor log_q = at::log_softmax(logits / t, -1);
  switch (options.divergence) {
    case Divergence::forward_kl:
      return kl(target, log_q) * (t * t);
    case Divergence::reverse_kl:
      return kl(log_q, target) * (t * t);
    case Divergence::js:
      break;
  }
  const double beta = options.beta;
  const at::Tensor log_m = at::logaddexp(target + std::log(beta), log_q + std::log1p(-beta));
  return (kl(target, log_m) * beta + kl(log_q, log_m) * (1 - beta)) * (t * t);
}

}  // namespace mx
