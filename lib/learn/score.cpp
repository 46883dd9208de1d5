// SPDX-License-Identifier: Apache-2.0
#include "learn/score.h"

#include <torch/torch.h>

#include <algorithm>

#include "base/error.h"
#include "learn/batch.h"
#include "learn/loss.h"
#include "learn/train.h"
#include "model/executor.h"
#include "model/runtime.h"

namespace mx {
namespace {

constexpr std::size_t kTappedRows = 64;  // convolutions unfold their input for these

// f(first row, rows) over all rows, `most` at a time.
template <class F>
void in_parts(std::size_t rows, std::size_t most, F&& f) {
  for (std::size_t at = 0; at < rows; at += most) f(at, std::min(most, rows - at));
}

// Sum over rows of |dL/dw| of each row by itself, for the weight of one block. A row's gradient is
// the product of what the block's output asks for and what came in, summed over positions; with one
// position its absolute value is the product of the absolute values.
at::Tensor absolute_gradients(const Tap& tap, const at::Tensor& output_gradient) {
  if (const auto* conv = std::get_if<Conv2d>(&tap.block->any)) {
    const at::Tensor windows =
        at::im2col(tap.input, {conv->kernel, conv->kernel}, {1, 1}, {conv->padding, conv->padding},
                   {conv->stride, conv->stride});          // [rows, window, at]
    const at::Tensor wanted = output_gradient.flatten(2);  // [rows, out, at]
    return at::bmm(wanted, windows.transpose(1, 2)).abs().sum(0);
  }
  if (tap.input.dim() == 2) return at::mm(output_gradient.abs().t(), tap.input.abs());
  const at::Tensor wanted = output_gradient.flatten(1, -2);  // [rows, positions, out]
  return at::bmm(wanted.transpose(1, 2), tap.input.flatten(1, -2)).abs().sum(0);
}

}  // namespace

at::Tensor all_logits(const Executor& executor, std::span<const float> x, std::size_t rows) {
  const at::NoGradGuard no_gradients;
  const auto width = static_cast<std::int64_t>(x.size() / std::max<std::size_t>(1, rows));
  std::vector<at::Tensor> parts;
  in_parts(rows, executor.rows_at_once(), [&](std::size_t at, std::size_t count) {
    // The tensor is only read.
    auto* const from = const_cast<float*>(x.data()) + at * static_cast<std::size_t>(width);
    parts.push_back(executor.forward(
        at::from_blob(from, {static_cast<std::int64_t>(count), width}, at::kFloat), {}));
  });
  return parts.size() == 1 ? parts.front() : at::cat(parts);
}

Score score(const Executor& executor, Task task, const Dataset& data) {
  const at::NoGradGuard no_gradients;
  double loss = 0;
  double right = 0;
  double count = 0;
  in_parts(data.rows, executor.rows_at_once(), [&](std::size_t at, std::size_t rows) {
    Batch batch = slice(data, at, rows);
    const double here = scored(batch);
    if (here == 0) return;
    const at::Tensor wanted = data.tokens ? only_scored(batch) : at::Tensor();
    const at::Tensor logits =
        executor.forward(batch.x, {.documents = batch.documents, .wanted = wanted});
    loss += task_loss(task, logits, batch).item<double>() * here;
    if (task != Task::regress) {
      right += at::eq(at::argmax(logits, -1), batch.classes).sum().item<double>();
    }
    count += here;
  });
  Score out{.loss = loss / std::max(1.0, count), .accuracy = {}};
  if (task != Task::regress) out.accuracy = right / std::max(1.0, count);
  return out;
}

std::vector<float> torch_logits(const Network& network, std::span<const Weight> weights,
                                std::span<const float> x, std::size_t rows, std::size_t threads) {
  std::vector<float> out;
  prepare_torch(threads);
  with_torch_errors([&] {
    const Executor executor(network, weights, /*trains=*/false);
    if (rows == 0) return;
    const at::Tensor logits = all_logits(executor, x, rows).contiguous();
    const float* const from = logits.data_ptr<float>();
    out.assign(from, from + logits.numel());
  });
  return out;
}

std::vector<Tensor> gradient_importance(const Network& network, std::span<const Weight> weights,
                                        const Schema* schema, const Dataset& data,
                                        std::size_t threads) {
  if (data.rows == 0) fail(Kind::usage, "there are no rows to measure importance on");
  std::vector<Tensor> out;
  prepare_torch(threads);
  with_torch_errors([&] {
    const Executor executor(network, weights, /*trains=*/true);
    std::map<std::string, at::Tensor> sums;
    Random random(0);
    in_parts(data.rows, kTappedRows, [&](std::size_t at, std::size_t count) {
      const Batch batch = slice(data, at, count);
      std::vector<Tap> taps;
      const at::Tensor logits =
          executor.forward(batch.x, {.taps = &taps, .documents = batch.documents});
      const at::Tensor loss = importance_loss(schema, logits, batch, random);
      std::vector<at::Tensor> outputs;
      for (const Tap& tap : taps) outputs.push_back(tap.output);
      const std::vector<at::Tensor> wanted = torch::autograd::grad({loss}, outputs);
      const at::NoGradGuard no_gradients;
      for (std::size_t i = 0; i < taps.size(); ++i) {
        const at::Tensor sum = absolute_gradients(taps[i], wanted[i]).flatten();
        const auto [place, fresh] = sums.emplace(taps[i].weight, sum);
        if (!fresh) place->second += sum;
      }
    });
    for (const Weight& weight : executor.weights()) {
      const auto sum = sums.find(weight.name);
      if (sum == sums.end()) continue;
      Tensor scores = weight.values;
      const float* const gradients = sum->second.data_ptr<float>();
      const std::span<float> values = scores.as<float>();
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = std::abs(values[i]) * gradients[i] / static_cast<float>(data.rows);
      }
      out.push_back(std::move(scores));
    }
  });
  return out;
}

}  // namespace mx
