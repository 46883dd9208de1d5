// SPDX-License-Identifier: Apache-2.0
#include "infer/language.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

#include "base/error.h"
#include "infer/logits.h"

namespace mx {
namespace {

constexpr std::size_t kMostFloats = std::size_t{1} << 24U;  // of logits at a time

// What a token's logits say, by each engine.
struct Scored {
  std::array<double, 2> loss = {};
  std::array<std::int64_t, 2> best = {};  // likeliest
  double kl = 0;                          // of two: KL(first | second)
};

// Rows of ids and targets, some at a time, run by one or two engines.
class Windows {
 public:
  Windows(const Dataset& data, std::vector<Engine*> engines)
      : data_(data), engines_(std::move(engines)), context_(data.inputs) {
    for (Engine* engine : engines_) {
      if (engine->input_size() != context_) {
        fail(Kind::usage, "the models see {} and {} tokens", engines_[0]->input_size(),
             engine->input_size());
      }
    }
    for (const Engine* engine : engines_) engine->check({});  // a window, with all its outputs
    width_ = engines_[0]->output_size() / context_;
    most_ = std::clamp<std::size_t>(kMostFloats / (context_ * width_), 1, 256);
  }

  // add(row, target, what is said of it) for every token that has a target, in order.
  using Add = std::function<void(std::size_t row, std::int64_t target, const Scored& said)>;
  void run(const Add& add) {
    for (std::size_t at = 0; at < data_.rows; at += most_) {
      part(at, std::min(most_, data_.rows - at), add);
    }
  }

 private:
  void part(std::size_t first, std::size_t rows, const Add& add) {
    std::vector<std::int32_t> ids(rows * context_), targets(ids.size()), documents(ids.size());
    const auto of = [&](std::vector<std::int32_t>& all, std::size_t row) {
      return std::span(all).subspan(row * context_, context_);
    };
    for (std::size_t r = 0; r < rows; ++r) {
      data_.tokens->read(first + r, 0, {of(ids, r), of(targets, r), of(documents, r)});
      if (ids[r * context_] < 0) ids[r * context_] = 0;  // an empty document: nothing is scored
    }
    const std::vector<float> x(ids.begin(), ids.end());
    std::vector<std::vector<float>> outputs;
    for (Engine* engine : engines_) {
      outputs.emplace_back(rows * engine->output_size());
      engine->run(x, outputs.back(), rows);
    }
    std::vector<Scored> said(targets.size());
    engines_[0]->pool().run(rows, [&](std::size_t r) {
      for (std::size_t i = r * context_; i < (r + 1) * context_; ++i) {
        if (targets[i] >= 0) said[i] = scored(static_cast<std::size_t>(targets[i]), outputs, i);
      }
    });
    for (std::size_t i = 0; i < targets.size(); ++i) {
      if (targets[i] >= 0) add(first + i / context_, targets[i], said[i]);
    }
  }

  [[nodiscard]] Scored scored(std::size_t target, const std::vector<std::vector<float>>& outputs,
                              std::size_t token) const {
    Scored out;
    std::array<std::span<const float>, 2> logits;
    std::array<double, 2> sums = {};
    for (std::size_t e = 0; e < outputs.size(); ++e) {
      logits[e] = std::span(outputs[e]).subspan(token * width_, width_);
      sums[e] = log_sum_exp(logits[e]);
      out.loss[e] = sums[e] - logits[e][target];
      out.best[e] = likeliest(logits[e]);
    }
    if (outputs.size() == 2) out.kl = kl_divergence(logits[0], sums[0], logits[1], sums[1]);
    return out;
  }

  const Dataset& data_;
  std::vector<Engine*> engines_;
  std::size_t context_, width_ = 0, most_ = 1;
};

// Sums of a row's losses and how many there are.
struct RowLosses {
  std::vector<double> sum, count;
  double probability = 0;  // sum over all tokens
  explicit RowLosses(std::size_t rows) : sum(rows), count(rows) {}
  void add(std::size_t row, double loss) {
    sum[row] += loss;
    probability += std::exp(-loss);
    ++count[row];
  }
  [[nodiscard]] std::vector<double> means() const {
    std::vector<double> out;
    for (std::size_t i = 0; i < sum.size(); ++i) {
      if (count[i] > 0) out.push_back(sum[i] / count[i]);
    }
    return out;
  }
};

double total(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

// `out` of the tokens that were scored, `right` of them by their likeliest token.
void settle(Evaluation& out, const RowLosses& losses, std::uint64_t right) {
  const auto n = static_cast<double>(out.n);
  out.row_loss = losses.means();
  out.loss = total(losses.sum) / n;
  const Interval around = mean_interval(out.row_loss);
  const double half = (around.high - around.low) / 2;
  out.loss_interval = {out.loss - half, out.loss + half};
  out.probability = losses.probability / n;
  out.accuracy = static_cast<double>(right) / n;
  out.accuracy_interval = wilson(right, out.n);
}

}  // namespace

Evaluation evaluate_language(Task task, const Dataset& data, Engine& engine) {
  Evaluation out;
  out.task = task;
  std::map<std::int64_t, std::uint64_t> often;  // targets
  RowLosses losses(data.rows);
  std::uint64_t right = 0;
  Windows(data, {&engine}).run([&](std::size_t row, std::int64_t target, const Scored& said) {
    losses.add(row, said.loss[0]);
    if (said.best[0] == target) ++right;
    ++often[target];
    ++out.n;
  });
  if (out.n == 0) fail(Kind::input, "no token of the text is scored");
  settle(out, losses, right);
  std::uint64_t bytes = 0;
  for (const auto& [token, count] : often) {
    const std::optional<std::uint64_t> one =
        data.tokens->bytes_of(static_cast<std::int32_t>(token));
    if (!one) return out;
    bytes += count * *one;
  }
  if (bytes > 0) {
    out.bits_per_byte = total(losses.sum) / std::log(2.0) / static_cast<double>(bytes);
  }
  return out;
}

Comparison compare_language(const Dataset& data, Engine& a, Engine& b) {
  Comparison out;
  out.task = out.a.task = out.b.task = Task::lm;
  RowLosses of_a(data.rows), of_b(data.rows);
  std::uint64_t right_a = 0, right_b = 0;
  if (a.output_size() != b.output_size()) {
    fail(Kind::usage, "the models have vocabularies of different size");
  }
  Windows(data, {&a, &b}).run([&](std::size_t row, std::int64_t target, const Scored& said) {
    of_a.add(row, said.loss[0]);
    of_b.add(row, said.loss[1]);
    if (said.best[0] != said.best[1]) ++out.flips;
    if (said.best[0] == target) ++right_a;
    if (said.best[1] == target) ++right_b;
    out.kl += said.kl;
    ++out.n;
  });
  if (out.n == 0) fail(Kind::input, "no token of the text is scored");
  const auto n = static_cast<double>(out.n);
  out.a.n = out.b.n = out.n;
  settle(out.a, of_a, right_a);
  settle(out.b, of_b, right_b);
  out.kl = std::max(0.0, out.kl / n);
  out.agreement = 1 - static_cast<double>(out.flips) / n;
  out.p_value = paired_t(out.a.row_loss, out.b.row_loss);
  return out;
}

}  // namespace mx
