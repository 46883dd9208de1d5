// SPDX-License-Identifier: Apache-2.0
#include "learn/cached_loss.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "base/error.h"

namespace mx {
namespace {

constexpr std::size_t kGrain = 32768;  // numbers of logits worth a thread

std::int64_t size(std::size_t value) { return static_cast<std::int64_t>(value); }

// Teacher and student on the classes that are kept and, last, all others as one.
struct Buckets {
  std::span<const float> log_p, p;
  std::span<float> log_q, q, slope;
};

// The divergence, and its slope by each log q_i along distributions (so that the slopes add up to
// 0). Twin of soft_loss().
double diverge(const DistillOptions& options, const Buckets& of) {
  const std::size_t count = of.p.size();
  double loss = 0;
  float sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const float p = of.p[i], q = of.q[i], log_p = of.log_p[i], log_q = of.log_q[i];
    float slope = 0;
    switch (options.divergence) {
      case Divergence::forward_kl:
        loss += p * (log_p - log_q);
        slope = -p;
        break;
      case Divergence::reverse_kl:
        slope = q * (log_q - log_p);
        loss += slope;
        break;
      case Divergence::js: {
        const auto beta = static_cast<float>(options.beta);
        const float log_m = std::log(beta * p + (1 - beta) * q);
        slope = (1 - beta) * q * (log_q - log_m);
        loss += beta * p * (log_p - log_m) + slope;
        break;
      }
    }
    of.slope[i] = slope;
    sum += slope;
  }
  for (std::size_t i = 0; i < count; ++i) of.slope[i] -= of.q[i] * sum;
  return loss;
}

float sum_of(std::span<const float> values) {
  constexpr std::size_t kLanes = 16;
  std::array<float, kLanes> lanes{};
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += values[i + lane];
  }
  for (; i < values.size(); ++i) lanes[0] += values[i];
  return std::accumulate(lanes.begin(), lanes.end(), 0.0F);
}

}  // namespace

CachedTarget cached_target(const OutputCache& cache, std::uint64_t epoch,
                           std::span<const std::uint32_t> rows, double temperature) {
  std::array<float, kMostSteps + 1> table{};
  for (unsigned i = 0; i <= kMostSteps; ++i) {
    table[i] = static_cast<float>(log_p_of(static_cast<std::uint8_t>(i)) / temperature);
  }
  std::array<float, kMostSteps + 1> weights{};
  std::ranges::transform(table, weights.begin(), [](float log_p) { return std::exp(log_p); });
  const std::size_t top = cache.facts().top, classes = cache.facts().classes;
  const std::size_t width = top + (top < classes ? 1 : 0);
  std::vector<OutputCache::Row> found;
  std::size_t positions = 0;
  for (const std::uint32_t row : rows) {
    found.push_back(cache.row(epoch, row));
    positions += found.back().positions;
  }
  CachedTarget out{.ids = at::empty({size(positions), size(top)}, at::kInt),
                   .log_p = at::empty({size(positions), size(width)}, at::kFloat),
                   .p = at::empty({size(positions), size(width)}, at::kFloat)};
  std::int32_t* ids = out.ids.data_ptr<std::int32_t>();
  float* log_p = out.log_p.data_ptr<float>();
  float* p = out.p.data_ptr<float>();
  for (const OutputCache::Row& row : found) {
    ids = std::ranges::copy(row.ids, ids).out;
    for (std::size_t at = 0; at < row.positions; ++at, log_p += width, p += width) {
      const std::span<const std::uint8_t> steps = row.steps.subspan(at * top, top);
      for (std::size_t i = 0; i < top; ++i) {
        log_p[i] = table[steps[i]];
        p[i] = weights[steps[i]];
      }
      if (width > top) {
        log_p[top] = static_cast<float>(log_tail(row.tails[at], classes - top, temperature));
        p[top] = std::exp(log_p[top]);
      }
      const float sum = sum_of({p, width}), log_sum = std::log(sum);
      for (std::size_t i = 0; i < width; ++i) {
        log_p[i] -= log_sum;
        p[i] /= sum;
      }
    }
  }
  return out;
}

std::vector<at::Tensor> cached_hidden(const OutputCache& cache, std::uint64_t epoch,
                                      std::span<const std::uint32_t> rows, const at::Tensor& real) {
  const at::Tensor there =
      real.defined() ? real.contiguous() : at::ones({size(rows.size()), 1}, at::kBool);
  const auto time = static_cast<std::size_t>(there.size(1));
  std::vector<at::Tensor> out;
  for (std::size_t layer = 0; layer < cache.facts().hidden.size(); ++layer) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const OutputCache::Hidden of = cache.hidden(layer, epoch, rows[i]);
      if (i == 0) out.push_back(at::zeros({size(rows.size()), size(time), size(of.width)}));
      const bool* const tokens = there.data_ptr<bool>() + i * time;
      if (static_cast<std::size_t>(std::count(tokens, tokens + time, true)) != of.scales.size()) {
        fail(Kind::input, "the cache has hidden states of {} tokens of a row that has others",
             of.scales.size());
      }
      float* const to = out.back().data_ptr<float>() + i * time * of.width;
      std::size_t next = 0;
      for (std::size_t t = 0; t < time; ++t) {
        if (!tokens[t]) continue;
        for (std::size_t k = 0; k < of.width; ++k) {
          to[t * of.width + k] =
              of.scales[next] * static_cast<float>(of.codes[next * of.width + k]);
        }
        ++next;
      }
    }
    if (!real.defined()) out.back() = out.back().squeeze(1);
  }
  return out;
}

LossAndGradient cached_loss(const CachedTarget& target, const at::Tensor& logits,
                            const at::Tensor& classes, const DistillOptions& options) {
  const at::NoGradGuard no_gradients;
  const auto positions = static_cast<std::size_t>(logits.size(0));
  const auto all = static_cast<std::size_t>(logits.size(1));
  const auto top = static_cast<std::size_t>(target.ids.size(1));
  const auto width = static_cast<std::size_t>(target.p.size(1));
  if (target.ids.size(0) != logits.size(0)) {
    fail(Kind::input, "the cache has {} positions of these rows, which have {}", target.ids.size(0),
         positions);
  }
  const double t = options.temperature, hard = 1 - options.alpha;
  const auto count = static_cast<double>(positions);
  // log q, then q, then the gradient, in one place.
  at::Tensor gradient = at::log_softmax(t == 1 ? logits : logits / t, -1);
  at::Tensor log_q = at::empty_like(target.log_p);
  const std::int32_t* const ids = target.ids.data_ptr<std::int32_t>();
  const std::int64_t* const own = classes.data_ptr<std::int64_t>();
  const bool shares = hard > 0 && t == 1;
  LossAndGradient out;
  for (std::size_t at = 0; at < positions; ++at) {
    const float* const row = gradient.data_ptr<float>() + at * all;
    float* const to = log_q.data_ptr<float>() + at * width;
    for (std::size_t i = 0; i < top; ++i) to[i] = row[ids[at * top + i]];
    if (shares) out.loss -= hard * row[own[at]];
  }
  gradient.exp_();
  // d log q_i / d logit_i is 1/T for the classes that are kept, and q_j / (T tail) for the others;
  // the normalizer moves all log q alike, and the slopes add up to 0.
  const auto soft = static_cast<float>(options.alpha * t / count);
  const auto share = static_cast<float>(shares ? hard / count : 0);
  std::vector<double> losses(positions);
  const auto each = [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> q(width), slope(width);
    for (auto at = static_cast<std::size_t>(begin); at < static_cast<std::size_t>(end); ++at) {
      const std::span<float> row(gradient.data_ptr<float>() + at * all, all);
      const std::int32_t* const kept = ids + at * top;
      const std::span<float> own_log_q(log_q.data_ptr<float>() + at * width, width);
      for (std::size_t i = 0; i < top; ++i)
        q[i] = std::exchange(row[static_cast<std::size_t>(kept[i])], 0.0F);
      if (width > top) {
        q[top] = std::max(sum_of(row), std::numeric_limits<float>::min());
        own_log_q[top] = std::log(q[top]);
      }
      losses[at] = diverge(options, {.log_p = {target.log_p.data_ptr<float>() + at * width, width},
                                     .p = {target.p.data_ptr<float>() + at * width, width},
                                     .log_q = own_log_q,
                                     .q = q,
                                     .slope = slope});
      const float others = (width > top ? soft * slope[top] / q[top] : 0) + share;
      for (float& value : row) value *= others;
      for (std::size_t i = 0; i < top; ++i) {
        row[static_cast<std::size_t>(kept[i])] = soft * slope[i] + share * q[i];
      }
      row[static_cast<std::size_t>(own[at])] -= share;
    }
  };
  at::parallel_for(0, size(positions), size(1 + kGrain / all), each);
  out.loss =
      (out.loss + options.alpha * t * t * std::accumulate(losses.begin(), losses.end(), 0.0)) /
      count;
  if (hard > 0 && !shares) {
    at::Tensor at_one = at::log_softmax(logits, -1);
    const at::Tensor places = classes.unsqueeze(1);
    out.loss -= hard * at_one.gather(1, places).mean().item<double>();
    at_one.exp_().scatter_add_(1, places, at::full_like(places, -1, at::kFloat));
    gradient.add_(at_one, hard / count);
  }
  out.gradient = std::move(gradient);
  return out;
}

}  // namespace mx
