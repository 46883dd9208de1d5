// SPDX-License-Identifier: Apache-2.0
#include "learn/teacher.h"

#include <torch/torch.h>

#include <algorithm>

#include "base/error.h"
#include "learn/loss.h"
#include "learn/score.h"

namespace mx {
namespace {

constexpr std::size_t kMostPrepared = std::size_t{1} << 26U;  // numbers: 256 MiB

}  // namespace

Teacher::Teacher(const Teaching& teaching, const Network& network, Task task)
    : options_(teaching.options), task_(task) {
  for (const Model* model : teaching.teachers) {
    const Network& own = model->header.network;
    if (element_count(shapes(own).front()) != element_count(shapes(network).front()) ||
        output_shape(own) != output_shape(network)) {
      fail(Kind::usage, "the teacher maps {} to {}, but the student {} to {}",
           to_string(shapes(own).front()), to_string(output_shape(own)),
           to_string(shapes(network).front()), to_string(output_shape(network)));
    }
    teachers_.push_back(std::make_unique<Executor>(own, model->weights, /*trains=*/false));
  }
}

at::Tensor Teacher::ask(const Batch& batch) const {
  const at::NoGradGuard no_gradients;
  std::vector<at::Tensor> logits;
  for (const auto& teacher : teachers_) {
    logits.push_back(teacher->forward(batch.x, {.documents = batch.documents}));
  }
  return teacher_target(task_, logits, options_.temperature);
}

void Teacher::prepare(const Dataset& data) {
  if (data.tokens) return;
  const at::NoGradGuard no_gradients;
  std::vector<at::Tensor> logits;
  for (const auto& teacher : teachers_) {
    logits.push_back(all_logits(*teacher, data.x, data.rows));
    if (static_cast<std::size_t>(logits.back().numel()) > kMostPrepared) return;
  }
  all_ = teacher_target(task_, logits, options_.temperature).contiguous();
}

at::Tensor Teacher::target(const Batch& batch, std::span<const std::uint32_t> rows) const {
  if (!all_.defined()) return ask(batch);
  const auto width = static_cast<std::size_t>(all_.size(1));
  at::Tensor out = at::empty({static_cast<std::int64_t>(rows.size()), all_.size(1)}, at::kFloat);
  const float* const from = all_.data_ptr<float>();
  float* const to = out.data_ptr<float>();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(from + rows[i] * width, width, to + i * width);
  }
  return out;
}

}  // namespace mx
