// SPDX-License-Identifier: Apache-2.0
#include "learn/loss.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include <cmath>

namespace mx {
namespace {

using Row = std::vector<double>;

Row softened(const Row& logits, double t) {
  double sum = 0;
  Row out;
  for (const double value : logits) sum += std::exp(value / t);
  for (const double value : logits) out.push_back(std::exp(value / t) / sum);
  return out;
}

double kl(const Row& p, const Row& q) {
  double out = 0;
  for (std::size_t i = 0; i < p.size(); ++i) out += p[i] * std::log(p[i] / q[i]);
  return out;
}

Row mean(const Row& a, const Row& b) {
  Row out;
  for (std::size_t i = 0; i < a.size(); ++i) out.push_back((a[i] + b[i]) / 2);
  return out;
}

at::Tensor tensor(const std::vector<Row>& rows) {
  std::vector<float> flat;
  for (const Row& row : rows) flat.insert(flat.end(), row.begin(), row.end());
  return at::tensor(flat).view({static_cast<std::int64_t>(rows.size()), -1});
}

const std::vector<Row> kTeacher = {{1, 2, 3}, {0, -1, 4}};
const std::vector<Row> kSecond = {{2, 0, 1}, {1, 1, 1}};
const std::vector<Row> kStudent = {{0.5, 0.5, 1}, {3, 0, 0}};

double divergence(Divergence kind, double t) {
  const at::Tensor target = teacher_target(Task::classify, {tensor(kTeacher)}, t);
  return soft_loss(Task::classify, target, tensor(kStudent), {},
                   {.temperature = t, .alpha = 1, .divergence = kind})
      .item<double>();
}

TEST_CASE("the soft loss is the divergence of softened rows, times the square of T") {
  for (const double t : {1.0, 2.5}) {
    double forward = 0;
    double reverse = 0;
    double js = 0;
    for (std::size_t i = 0; i < 2; ++i) {
      const Row p = softened(kTeacher[i], t);
      const Row q = softened(kStudent[i], t);
      forward += kl(p, q) * t * t / 2;
      reverse += kl(q, p) * t * t / 2;
      js += (kl(p, mean(p, q)) + kl(q, mean(p, q))) / 2 * t * t / 2;
    }
    CAPTURE(t);
    CHECK(divergence(Divergence::forward_kl, t) == doctest::Approx(forward).epsilon(1e-5));
    CHECK(divergence(Divergence::reverse_kl, t) == doctest::Approx(reverse).epsilon(1e-5));
    CHECK(divergence(Divergence::js, t) == doctest::Approx(js).epsilon(1e-5));
  }
}

TEST_CASE("several teachers speak as the mean of their probabilities") {
  const at::Tensor target =
      teacher_target(Task::classify, {tensor(kTeacher), tensor(kSecond)}, 2).exp();
  const Row expected = mean(softened(kTeacher[0], 2), softened(kSecond[0], 2));
  for (std::int64_t i = 0; i < 3; ++i) {
    CHECK(target[0][i].item<double>() ==
          doctest::Approx(expected[static_cast<std::size_t>(i)]).epsilon(1e-5));
  }
}

TEST_CASE("logits of a thousand do not overflow, nor does certainty become infinite") {
  const at::Tensor target =
      teacher_target(Task::classify, {tensor({{1000, 0, 0}}), tensor({{1000, 0, 0}})}, 1);
  for (const Divergence kind : {Divergence::forward_kl, Divergence::reverse_kl, Divergence::js}) {
    const at::Tensor loss = soft_loss(Task::classify, target, tensor({{0, 0, 1000}}), {},
                                      {.temperature = 1, .alpha = 1, .divergence = kind});
    CHECK(std::isfinite(loss.item<double>()));
  }
}

TEST_CASE("regression: squared error over all numbers alike, teachers speak as their mean") {
  const Batch batch{.x = {}, .classes = {}, .targets = tensor({{1, 2}, {3, 4}})};
  const at::Tensor y = tensor({{2, 2}, {3, 1}});
  CHECK(task_loss(Task::regress, y, batch).item<double>() == doctest::Approx(2.5));
  const at::Tensor target =
      teacher_target(Task::regress, {tensor({{1, 2}, {3, 4}}), tensor({{3, 2}, {3, 0}})}, 1);
  CHECK(soft_loss(Task::regress, target, y, {}, {}).item<double>() == doctest::Approx(0.25));
}

}  // namespace
}  // namespace mx
