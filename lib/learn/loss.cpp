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

at::Tensor teacher_target(Task task, const std::vector<at::Tensor>& logits, double temperature) {
  const auto count = static_cast<double>(logits.size());
  if (task == Task::regress) return at::stack(logits).mean(0);
  if (logits.size() == 1) return at::log_softmax(logits.front() / temperature, -1);
  std::vector<at::Tensor> log_p;
  for (const at::Tensor& one : logits) log_p.push_back(at::log_softmax(one / temperature, -1));
  return at::logsumexp(at::stack(log_p), 0) - std::log(count);
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
  const at::Tensor log_m = at::logaddexp(target, log_q) - std::log(2.0);
  return (kl(target, log_m) + kl(log_q, log_m)) * (0.5 * t * t);
}

}  // namespace mx
