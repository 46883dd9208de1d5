// SPDX-License-Identifier: Apache-2.0
#include "learn/taught_loss.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace mx {
namespace {

constexpr std::int64_t kHeadNumbers = std::int64_t{1} << 23U;  // outputs at once: 32 MiB
constexpr std::int64_t kHeadRows = 64;  // at least: fewer read the weights too often
constexpr std::int64_t kSoftNumbers = std::int64_t{1} << 16U;  // softmax at once, in the cache

// log-probabilities of q at temperature 1 / `inverse`.
at::Tensor softened(const at::Tensor& logits, double inverse) {
  return at::log_softmax(inverse == 1 ? logits : logits * inverse, -1);
}

double total(const at::Tensor& x) { return x.sum().item<double>(); }

struct Soft {
  double divergence;
  at::Tensor gradient;  // by the softened logits u, q = softmax(u)
};

// Sums over rows. log_p, log_q: [rows, outputs].
Soft divergence_of(const DistillOptions& options, const at::Tensor& log_p,
                   const at::Tensor& log_q) {
  at::Tensor q = log_q.exp();
  const auto reverse = [&](const at::Tensor& against) -> Soft {  // KL(q | against)
    const at::Tensor difference = log_q - against;
    const at::Tensor rows = at::mul(q, difference).sum(-1, /*keepdim=*/true);
    return {total(rows), q.mul_(difference.sub(rows))};
  };
  switch (options.divergence) {
    case Divergence::forward_kl: {
      const at::Tensor p = log_p.exp();
      return {total(at::sub(log_p, log_q).mul_(p)), q.sub_(p)};
    }
    case Divergence::reverse_kl:
      return reverse(log_p);
    case Divergence::js:
      break;
  }
  // m = beta p + (1 - beta) q; what log m moves cancels out of the gradient by q.
  const double beta = options.beta;
  const at::Tensor log_m = at::logaddexp(log_p + std::log(beta), log_q + std::log1p(-beta));
  const double of_p = total(at::sub(log_p, log_m).mul_(log_p.exp()));
  const Soft of_q = reverse(log_m);
  return {beta * of_p + (1 - beta) * of_q.divergence, at::mul(of_q.gradient, 1 - beta)};
}

double regression_rows(const TaughtBatch& batch, const at::Tensor& y, const at::Tensor& target,
                       const at::Tensor& labels, double all) {
  const double alpha = batch.options.alpha;
  const auto outputs = static_cast<double>(y.size(1));
  at::Tensor gradient = at::zeros_like(y);
  double loss = 0;
  const auto add = [&](const at::Tensor& wanted, double weight) {
    const at::Tensor difference = y - wanted;
    loss += weight * total(difference.square()) / outputs;
    gradient.add_(difference, 2 * weight * batch.scale / (all * outputs));
  };
  if (alpha > 0) add(target, alpha);
  if (alpha < 1) add(labels, 1 - alpha);
  y.copy_(gradient);
  return loss;
}

}  // namespace

double taught_rows(const TaughtBatch& batch, const at::Tensor& logits, const at::Tensor& target,
                   const at::Tensor& labels, double all) {
  const DistillOptions& options = batch.options;
  if (batch.task == Task::regress) return regression_rows(batch, logits, target, labels, all);
  const double alpha = options.alpha, t = options.temperature, scale = batch.scale / all;
  const std::int64_t common = alpha > 0 ? target.size(1) : logits.size(1);
  double loss = 0;
  at::Tensor log_q;
  Soft soft{};
  if (alpha > 0) {
    log_q = softened(logits.narrow(1, 0, common), 1 / t);
    soft = divergence_of(options, target, log_q);
    loss += alpha * t * t * soft.divergence;
    // T^2 dD/du du/dz
    soft.gradient.mul_(alpha * t * scale);
  }
  if (alpha == 1) {
    if (common < logits.size(1)) logits.zero_();
    logits.narrow(1, 0, common).copy_(soft.gradient);
    return loss;
  }
  const bool same = log_q.defined() && t == 1 && common == logits.size(1);
  if (!same) log_q = softened(logits, 1);
  const at::Tensor classes = labels.unsqueeze(1);
  loss -= (1 - alpha) * total(log_q.gather(1, classes));
  const double weight = (1 - alpha) * scale;
  at::Tensor to = logits;
  at::exp_out(to, log_q);
  to.mul_(weight);
  to.scatter_add_(1, classes, at::full(classes.sizes(), -weight));
  if (alpha > 0) to.narrow(1, 0, common).add_(soft.gradient);
  return loss;
}

TaughtLoss taught_loss(const Executor& student, const at::Tensor& hidden, const TaughtBatch& batch,
                       bool bf16) {
  const std::int64_t rows = hidden.size(0);
  const bool asks = batch.options.alpha > 0;
  TaughtLoss out{.gradient = at::empty_like(hidden)};
  std::int64_t most = kHeadRows;  // of the first part, before the number of outputs is known
  for (std::int64_t begin = 0; begin < rows;) {
    const std::int64_t count = std::min(most, rows - begin);
    const at::Tensor part = hidden.detach().narrow(0, begin, count).requires_grad_(true);
    const at::Tensor logits = [&] {
      const at::AutoGradMode gradients(true);
      // A view: autocast would take a leaf for a weight.
      return student.head(part.view_as(part), bf16);
    }();
    const at::NoGradGuard no_gradients;
    const at::Tensor gradient = logits.is_alias_of(part) ? logits.clone() : logits.detach();
    const std::int64_t outputs = gradient.size(1);
    const at::Tensor target = asks ? batch.target(begin, count) : at::Tensor();
    const std::int64_t few = std::max<std::int64_t>(1, kSoftNumbers / outputs);
    for (std::int64_t row = 0; row < count; row += few) {
      const std::int64_t here = std::min(few, count - row);
      const auto cut = [&](const at::Tensor& all, std::int64_t at) {
        return all.defined() ? all.narrow(0, at, here) : all;
      };
      out.loss += taught_rows(batch, gradient.narrow(0, row, here), cut(target, row),
                              cut(batch.labels, begin + row), static_cast<double>(rows));
    }
    if (logits.is_alias_of(part)) {
      out.gradient.narrow(0, begin, count).copy_(gradient);
    } else {
      logits.backward(gradient);
      out.gradient.narrow(0, begin, count).copy_(part.grad());
    }
    begin += count;
    most = std::max(kHeadRows, kHeadNumbers / outputs);
  }
  out.loss *= batch.scale / static_cast<double>(rows);
  return out;
}

}  // namespace mx
