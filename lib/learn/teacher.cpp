// SPDX-License-Identifier: Apache-2.0
#include "learn/teacher.h"

#include <torch/torch.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "learn/loss.h"
#include "learn/score.h"

namespace mx {
namespace {

constexpr std::size_t kMostPrepared = std::size_t{1} << 26U;  // numbers: 256 MiB

std::vector<double> shares_of(const DistillOptions& options, std::size_t teachers) {
  std::vector<double> out = positive_numbers(options.teacher_weight, "--teacher-weight");
  if (out.empty()) out.assign(teachers, 1);
  if (out.size() != teachers) {
    fail(Kind::usage, "--teacher-weight has {} numbers for {} teachers", out.size(), teachers);
  }
  const double all = std::accumulate(out.begin(), out.end(), 0.0);
  for (double& one : out) one /= all;
  return out;
}

}  // namespace

Teacher::Teacher(const Teaching& teaching, const Network& network, Task task)
    : options_(teaching.options),
      task_(task),
      shares_(shares_of(options_, teaching.teachers.size())),
      common_(output_shape(network).back()) {
  for (const Model* model : teaching.teachers) {
    const Network& own = model->header.network;
    Shape in = shapes(own).front(), out = output_shape(own);
    if (scores_tokens(task) && out.size() == output_shape(network).size()) {
      common_ = std::min(common_, out.back());
      out.back() = output_shape(network).back();
    }
    if (element_count(in) != element_count(shapes(network).front()) ||
        out != output_shape(network)) {
      fail(Kind::usage, "the teacher maps {} to {}, but the student {} to {}", to_string(in),
           to_string(output_shape(own)), to_string(shapes(network).front()),
           to_string(output_shape(network)));
    }
    teachers_.push_back(std::make_unique<Executor>(own, model->weights, /*trains=*/false));
  }
}

at::Tensor Teacher::target_of(std::vector<at::Tensor> logits) const {
  for (at::Tensor& one : logits) {
    if (one.size(-1) > common_) one = one.narrow(-1, 0, common_);
  }
  return teacher_target(task_, logits, options_.temperature, shares_);
}

void Teacher::prepare(const Dataset& data) {
  if (data.tokens) return;
  const at::NoGradGuard no_gradients;
  std::vector<at::Tensor> logits;
  for (const auto& teacher : teachers_) {
    logits.push_back(all_logits(*teacher, data.x, data.rows));
    if (static_cast<std::size_t>(logits.back().numel()) > kMostPrepared) return;
  }
  all_ = target_of(std::move(logits)).contiguous();
}

Lesson Teacher::lesson(const Batch& batch, std::span<const std::uint32_t> rows,
                       const at::Tensor& wanted, bool layers) const {
  if (all_.defined() && !layers) {
    const at::Tensor numbers = at::empty({static_cast<std::int64_t>(rows.size())}, at::kLong);
    std::ranges::copy(rows, numbers.data_ptr<std::int64_t>());
    return {.target = [this, numbers](std::int64_t begin, std::int64_t count) {
      return all_.index_select(0, numbers.narrow(0, begin, count));
    }};
  }
  const at::NoGradGuard no_gradients;
  Lesson out;
  std::vector<at::Tensor> hidden;
  for (const auto& teacher : teachers_) {
    const bool taps = layers && hidden.empty();
    const at::Tensor one = teacher->forward(batch.x, {.documents = batch.documents,
                                                      .wanted = wanted,
                                                      .headless = true,
                                                      .layers = taps ? &out.layers : nullptr});
    hidden.push_back(one.flatten(0, -2));
  }
  out.target = [this, hidden](std::int64_t begin, std::int64_t count) {
    std::vector<at::Tensor> logits;
    for (std::size_t i = 0; i < hidden.size(); ++i) {
      logits.push_back(teachers_[i]->head(hidden[i].narrow(0, begin, count), /*bf16=*/false));
    }
    return target_of(std::move(logits));
  };
  return out;
}

}  // namespace mx
