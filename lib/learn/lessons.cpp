// SPDX-License-Identifier: Apache-2.0
#include "learn/lessons.h"

#include <torch/torch.h>

#include <algorithm>

#include "base/error.h"
#include "learn/cached_loss.h"
#include "learn/taught_loss.h"
#include "net/layers.h"

namespace mx {

Lessons::Lessons(const TrainJob& job, bool rows_return)
    : student_(job.network),
      task_(job.data->schema.task),
      options_(job.teaching->options),
      cache_(job.teaching->cache) {
  const Teaching& teaching = *job.teaching;
  if (teaching.on_policy.share.value_or(0) > 0) {
    on_policy_.emplace(teaching.on_policy, job.network, *job.data, job.threads);
  }
  const MatchTerms terms = match_terms(options_);
  if (cache_ != nullptr) {
    if (!std::ranges::all_of(terms.inner,
                             [](const auto& term) { return term.first == MatchKind::hidden; })) {
      throw Error{Kind::usage, "a cache holds outputs and hidden states, not where tokens look",
                  "--match logits or hidden, or leave out --cache"};
    }
    if (!terms.inner.empty() && on_policy_) {
      throw Error{Kind::usage, "a cache has no hidden states of text that --on-policy writes",
                  "--match logits, or leave out one of --cache and --on-policy"};
    }
    matches_logits_ = terms.logits;
    if (!terms.inner.empty()) {
      const Network& teacher = teaching.teachers.front()->header.network;
      matcher_.emplace(options_, job.options, job.network, teacher, job.seed);
      teacher_layers_ = layers(teacher).size();
    }
    if (!on_policy_) return;
  }
  teacher_.emplace(teaching, job.network, task_);
  matches_logits_ = terms.logits;
  if (!terms.inner.empty()) {
    matcher_.emplace(options_, job.options, job.network, teaching.teachers.front()->header.network,
                     job.seed);
  } else if (options_.alpha > 0 && rows_return) {
    teacher_->prepare(job.data->train);
  }
  // A teacher without a say: as without one, to the same bits.
  const bool heard = (matches_logits_ && options_.alpha > 0) || matcher_ || on_policy_;
  if (!heard) teacher_.reset();
}

std::optional<std::uint64_t> Lessons::offset(std::uint64_t epoch, std::uint64_t context) const {
  if (cache_ == nullptr) return std::nullopt;
  return cache_->facts().offset(epoch, context);
}

bool Lessons::write(Batch& batch, const Executor& student, Random& random) {
  if (!on_policy_ || !on_policy_->takes(random)) return false;
  on_policy_->write(batch, student.weights(), random);
  return true;
}

double Lessons::add_gradient(const Executor& student, const Batch& batch,
                             std::span<const std::uint32_t> rows, ForwardPass pass,
                             std::uint64_t epoch, double share, bool own_text) const {
  if (asked_cache(own_text) != nullptr) {
    return learn_cached(student, batch, rows, pass, epoch, share);
  }
  std::vector<LayerState> layers;
  pass.headless = true;
  if (matcher_) pass.layers = &layers;
  const at::Tensor hidden = student.forward(batch.x, pass);
  const Lesson lesson = teacher_->lesson(batch, rows, pass.wanted, matcher_.has_value());
  TaughtBatch taught{.task = task_,
                     .labels = task_ == Task::regress ? batch.targets : batch.classes.flatten(),
                     .target = lesson.target,
                     .options = teacher_->options(),
                     .scale = share};
  if (!matches_logits_) taught.options.alpha = 0;
  if (own_text) taught.options.alpha = 1;
  const TaughtLoss found = taught_loss(student, hidden.flatten(0, -2), taught, pass.bf16);
  double loss = found.loss;
  std::vector<at::Tensor> ends = {hidden};
  std::vector<at::Tensor> gradients = {found.gradient.view_as(hidden)};
  if (matcher_) {
    const at::Tensor real = takes_tokens(student_) ? real_tokens(batch.x, layers) : at::Tensor();
    ends.push_back(matcher_->loss(layers, lesson.layers, real) * share);
    loss += ends.back().item<double>();
    gradients.emplace_back();
  }
  torch::autograd::backward(ends, gradients);
  return loss;
}

double Lessons::learn_cached(const Executor& student, const Batch& batch,
                             std::span<const std::uint32_t> rows, ForwardPass pass,
                             std::uint64_t epoch, double share) const {
  std::vector<LayerState> layers;
  if (matcher_) pass.layers = &layers;
  const at::Tensor logits = student.forward(batch.x, pass);
  const CachedTarget target = cached_target(*cache_, epoch, rows, options_.temperature);
  DistillOptions options = options_;
  if (!matches_logits_) options.alpha = 0;
  const LossAndGradient found =
      cached_loss(target, logits.detach().flatten(0, -2), batch.classes.flatten(), options);
  double loss = found.loss * share;
  std::vector<at::Tensor> ends = {logits};
  std::vector<at::Tensor> gradients = {found.gradient.mul_(share).view_as(logits)};
  if (matcher_) {
    const at::Tensor real = takes_tokens(student_) ? real_tokens(batch.x, layers) : at::Tensor();
    std::vector<LayerState> taught(teacher_layers_);
    const std::vector<at::Tensor> states = cached_hidden(*cache_, epoch, rows, real);
    for (std::size_t i = 0; i < states.size(); ++i) {
      taught[cache_->facts().hidden[i]].hidden = states[i];
    }
    ends.push_back(matcher_->loss(layers, taught, real) * share);
    loss += ends.back().item<double>();
    gradients.emplace_back();
  }
  torch::autograd::backward(ends, gradients);
  return loss;
}

void Lessons::zero_gradient() {
  if (matcher_) matcher_->zero_gradient();
}

void Lessons::step(double lr, std::uint64_t step) {
  if (matcher_) matcher_->step(lr, step);
}

std::vector<Updater::State> Lessons::state() const {
  return matcher_ ? matcher_->state() : std::vector<Updater::State>();
}

}  // namespace mx
