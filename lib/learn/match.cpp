// SPDX-License-Identifier: Apache-2.0
#include "learn/match.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/words.h"
#include "learn/plan.h"
#include "net/layers.h"

namespace mx {
namespace {

constexpr double kNowhere = -1e30;  // a score that is not seen: finite, so that 0 times it is 0

std::string_view name_of(MatchKind kind) {
  switch (kind) {
    case MatchKind::hidden:
      return "hidden";
    case MatchKind::attention:
      return "attention";
    case MatchKind::values:
      break;
  }
  return "values";
}

using LayerPairs = std::vector<std::pair<std::size_t, std::size_t>>;

// "0:1,1:3"
LayerPairs pairs_of(const std::string& map, std::size_t student, std::size_t teacher) {
  LayerPairs out;
  for (const std::string& item : items_of(map)) {
    const std::size_t colon = item.find(':');
    const auto from = whole_number(std::string_view(item).substr(0, colon));
    const auto to = colon == std::string::npos
                        ? std::nullopt
                        : whole_number(std::string_view(item).substr(colon + 1));
    if (!from || !to) {
      throw Error{Kind::usage, fmt::format("--layer-map does not know '{}'", printable(item)),
                  "0:1 holds the student's first layer to the teacher's second"};
    }
    if (*from >= student || *to >= teacher) {
      fail(Kind::usage,
           "--layer-map {}: the student has {} layers and the teacher {}, counted from 0",
           printable(item), student, teacher);
    }
    out.emplace_back(*from, *to);
  }
  return out;
}

LayerPairs uniform_pairs(std::size_t student, std::size_t teacher) {
  LayerPairs out;
  for (std::size_t i = 0; i < student; ++i) {
    const std::size_t to = (i + 1) * teacher / student;
    out.emplace_back(i, std::max<std::size_t>(1, to) - 1);
  }
  return out;
}

// Widths that a projection maps, [teacher's, student's]; nothing where the shapes are alike.
// Positions stay where both have the same ones.
struct Widths {
  std::int64_t to, from;
};
enum class Along { last, channels, all };

Along along(const Shape& student, const Shape& teacher, bool tokens) {
  if (tokens) return Along::last;
  const bool alike = student.size() == 3 && teacher.size() == 3 && student[1] == teacher[1] &&
                     student[2] == teacher[2];
  return alike ? Along::channels : Along::all;
}

std::optional<Widths> widths(const Shape& student, const Shape& teacher, bool tokens) {
  if (student == teacher) return {};
  switch (along(student, teacher, tokens)) {
    case Along::last:
      if (student.back() == teacher.back()) return {};
      return Widths{teacher.back(), student.back()};
    case Along::channels:
      return Widths{teacher[0], student[0]};
    case Along::all:
      break;
  }
  const auto to = static_cast<std::int64_t>(element_count(teacher));
  const auto from = static_cast<std::int64_t>(element_count(student));
  if (to == from) return {};
  return Widths{to, from};
}

// Mean over heads and real tokens of KL(p | q). log_p, log_q: [rows, heads, time, time].
at::Tensor mean_kl(const at::Tensor& log_p, const at::Tensor& log_q, const at::Tensor& real) {
  const at::Tensor each = (log_p.exp() * (log_p - log_q)).sum(-1).mean(1);  // [rows, time]
  if (!real.defined()) return each.mean();
  const at::Tensor there = real.to(at::kFloat);
  return (each * there).sum() / there.sum();
}

// Of scores a b^T / sqrt(d), [rows, heads, time, time].
at::Tensor log_relation(const at::Tensor& a, const at::Tensor& b, const at::Tensor& sees) {
  const double scale = 1 / std::sqrt(static_cast<double>(a.size(-1)));
  at::Tensor scores = at::matmul(a * scale, b.transpose(-2, -1));
  if (sees.defined()) scores = scores.masked_fill(sees.logical_not(), kNowhere);
  return at::log_softmax(scores, -1);
}

at::Tensor log_attention(const LayerState& layer, bool mean) {
  const std::int64_t shared = layer.query.size(1) / layer.key.size(1);
  const at::Tensor key = shared == 1 ? layer.key : layer.key.repeat_interleave(shared, 1);
  const at::Tensor log_p = log_relation(layer.query, key, layer.sees);
  if (!mean) return log_p;
  return at::logsumexp(log_p, {1}, /*keepdim=*/true) - std::log(static_cast<double>(log_p.size(1)));
}

at::Tensor log_values(const LayerState& layer, bool together) {
  const at::Tensor value =
      together ? layer.value.transpose(1, 2).flatten(2).unsqueeze(1) : layer.value;
  return log_relation(value, value, layer.sees);
}

}  // namespace

MatchTerms match_terms(const DistillOptions& options) {
  MatchTerms out;
  for (const std::string& item : items_of(options.match)) {
    if (item == "logits") {
      out.logits = true;
      continue;
    }
    constexpr std::array kKinds = {MatchKind::hidden, MatchKind::attention, MatchKind::values};
    const auto* const kind =
        std::ranges::find_if(kKinds, [&](MatchKind one) { return name_of(one) == item; });
    if (kind == kKinds.end()) {
      throw Error{Kind::usage, fmt::format("--match does not know '{}'", printable(item)),
                  "logits, hidden, attention and values are matched"};
    }
    out.inner.emplace_back(*kind, 1);
  }
  if (!out.logits && out.inner.empty()) fail(Kind::usage, "--match names nothing");
  const std::vector<double> weights = positive_numbers(options.match_weight, "--match-weight");
  if (weights.size() > 1 && weights.size() != out.inner.size()) {
    throw Error{Kind::usage,
                fmt::format("--match-weight has {} numbers, but {} inner terms are matched",
                            weights.size(), out.inner.size()),
                "give one for all, or one for each of --match but logits"};
  }
  for (std::size_t i = 0; i < out.inner.size(); ++i) {
    if (!weights.empty()) out.inner[i].second = weights[weights.size() == 1 ? 0 : i];
  }
  return out;
}

at::Tensor real_tokens(const at::Tensor& x, const std::vector<LayerState>& layers) {
  return x.ge(0).narrow(1, 0, layers.front().hidden.size(1));
}

std::vector<std::size_t> hidden_layers(const DistillOptions& options, const Network& student,
                                       const Network& teacher) {
  std::set<std::size_t> out;
  for (const auto& [kind, weight] : match_terms(options).inner) {
    if (kind != MatchKind::hidden) continue;
    const std::size_t own = layers(student).size(), others = layers(teacher).size();
    LayerPairs pairs = pairs_of(options.layer_map, own, others);
    if (pairs.empty()) pairs = uniform_pairs(own, others);
    for (const auto& [from, to] : pairs) out.insert(to);
  }
  return {out.begin(), out.end()};
}

Matcher::Matcher(const DistillOptions& options, const TrainOptions& training,
                 const Network& student, const Network& teacher, std::uint64_t seed) {
  const std::vector<NetworkLayer> own = layers(student), others = layers(teacher);
  if (own.empty() || others.empty()) {
    fail(Kind::usage, "the {} has no inner layers to match", own.empty() ? "student" : "teacher");
  }
  const bool tokens = takes_tokens(student);
  const auto attends = [](const NetworkLayer& layer) { return layer.attention != nullptr; };
  std::vector<std::optional<Widths>> projected;
  for (const auto& [kind, weight] : match_terms(options).inner) {
    LayerPairs pairs = pairs_of(options.layer_map, own.size(), others.size());
    if (kind == MatchKind::hidden) {
      if (pairs.empty()) pairs = uniform_pairs(own.size(), others.size());
    } else {
      if (!attends(own.back()) || !attends(others.back())) {
        fail(Kind::usage, "--match {}: the {} has no attention", name_of(kind),
             attends(own.back()) ? "teacher" : "student");
      }
      if (training.activation_checkpointing) {
        fail(Kind::usage, "--match {} needs what --activation-checkpointing does not keep",
             name_of(kind));
      }
      if (pairs.empty()) pairs = {{own.size() - 1, others.size() - 1}};
    }
    for (const auto& [from, to] : pairs) {
      terms_.push_back({kind, weight, from, to, {}});
      projected.push_back(kind == MatchKind::hidden
                              ? widths(own[from].output, others[to].output, tokens)
                              : std::nullopt);
    }
  }
  std::int64_t all = 0;
  for (const auto& one : projected) all += one ? one->to * one->from : 0;
  if (all == 0) return;
  numbers_ = at::empty({all});
  gradient_ = at::zeros({all});
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    if (!projected[i]) continue;
    const auto [to, from] = *projected[i];
    // Uniform in +-1/sqrt(fan_in), as the maps of a network.
    Random random = random_at(seed, Purpose::projection, i);
    const double bound = 1 / std::sqrt(static_cast<double>(from));
    const std::span<float> values(numbers_.data_ptr<float>() + begin,
                                  static_cast<std::size_t>(to * from));
    for (float& value : values) {
      value = static_cast<float>(bound * (2 * random.uniform() - 1));
    }
    const auto cut = [&, begin](const at::Tensor& buffer) {
      return buffer.narrow(0, begin, to * from).view({to, from});
    };
    terms_[i].projection = cut(numbers_).detach().requires_grad_(true);
    terms_[i].projection.mutable_grad() = cut(gradient_).detach();
    begin += to * from;
  }
  updater_.emplace(training, numbers_, gradient_, all);
}

at::Tensor Matcher::loss(const std::vector<LayerState>& student,
                         const std::vector<LayerState>& teacher, const at::Tensor& real) const {
  at::Tensor sum;
  for (const Term& term : terms_) {
    const at::Tensor one =
        loss(term, student[term.student], teacher[term.teacher], real) * term.weight;
    sum = sum.defined() ? sum + one : one;
  }
  return sum;
}

at::Tensor Matcher::loss(const Term& term, const LayerState& student, const LayerState& teacher,
                         const at::Tensor& real) const {
  switch (term.kind) {
    case MatchKind::attention: {
      const bool mean = student.query.size(1) != teacher.query.size(1);
      return mean_kl(log_attention(teacher, mean), log_attention(student, mean), real);
    }
    case MatchKind::values: {
      const bool together = student.value.size(1) != teacher.value.size(1);
      return mean_kl(log_values(teacher, together), log_values(student, together), real);
    }
    case MatchKind::hidden:
      break;
  }
  at::Tensor x = student.hidden, y = teacher.hidden;
  const Shape from(x.sizes().begin() + 1, x.sizes().end());
  const Shape to(y.sizes().begin() + 1, y.sizes().end());
  switch (along(from, to, real.defined())) {
    case Along::last:
      break;
    case Along::channels:
      x = x.movedim(1, -1);
      y = y.movedim(1, -1);
      break;
    case Along::all:
      x = x.flatten(1);
      y = y.flatten(1);
      break;
  }
  if (term.projection.defined()) x = at::linear(x, term.projection);
  if (!real.defined()) return at::mse_loss(x, y);
  const at::Tensor there = real.to(at::kFloat);
  return ((x - y).square().mean(-1) * there).sum() / there.sum();
}

void Matcher::zero_gradient() {
  if (updater_) gradient_.zero_();
}

void Matcher::step(double lr, std::uint64_t step) {
  if (updater_) updater_->step(lr, step);
}

std::vector<Updater::State> Matcher::state() const {
  if (!updater_) return {};
  std::vector<Updater::State> out = {{"match/projections", numbers_}};
  for (const Updater::State& one : updater_->state()) {
    out.push_back({"match/" + one.name, one.buffer});
  }
  return out;
}

}  // namespace mx
