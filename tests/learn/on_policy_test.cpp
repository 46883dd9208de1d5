// SPDX-License-Identifier: Apache-2.0
#include "learn/on_policy.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include <array>

#include "base/error.h"
#include "model/executor.h"
#include "model/initialize.h"
#include "net/families.h"

namespace mx {
namespace {

constexpr std::int64_t kContext = 8, kVocabulary = 5;

// Windows without end, of no text.
class NoText final : public TokenRows {
 public:
  explicit NoText(std::string_view boundaries) : boundaries_(boundaries) {}
  [[nodiscard]] std::uint64_t rows() const override { return 1; }
  [[nodiscard]] std::optional<std::uint64_t> bytes_of(std::int32_t) const override { return 1; }
  [[nodiscard]] std::uint64_t context() const override { return kContext; }
  [[nodiscard]] Rules rules() const override { return {kContext, kContext, boundaries_}; }
  void read(std::uint64_t, std::uint64_t, const Row&) const override {}

 private:
  std::string_view boundaries_;
};

Loaded text(std::string_view boundaries = "cross") {
  Loaded out;
  out.schema.task = Task::lm;
  out.train.tokens = std::make_shared<NoText>(boundaries);
  return out;
}

Network student() {
  ModelOptions options;
  options.family = Family::gpt;
  options.layers = 1;
  options.heads = 1;
  options.dim = 8;
  options.context = kContext;
  return build_language_model(options, kVocabulary);
}

// Three rows: full, with padding, and one whose answer begins late.
Batch batch() {
  const auto row = [](std::vector<std::int64_t> ids) { return at::tensor(ids, at::kLong); };
  return {.x = at::stack({row({0, 1, 2, 3, 4, 0, 1, 2}), row({4, 3, 2, 1, 0, 4, -1, -1}),
                          row({1, 1, 2, 2, 3, 3, 4, 4})}),
          .classes = at::stack({row({1, 2, 3, 4, 0, 1, 2, 3}), row({3, 2, 1, 0, 4, 3, -1, -1}),
                                row({-1, -1, -1, -1, -1, -1, 4, 0})}),
          .targets = {}};
}

}  // namespace

TEST_CASE("the student keeps the beginnings of rows and is asked about what it wrote alone") {
  const Network network = student();
  const std::vector<Weight> weights = initialize(network, 1);
  const Batch before = batch();
  OnPolicy policy({.share = 1, .tokens = 3}, network, text(), 2);
  Batch after = batch();
  Random random(7);
  policy.write(after, weights, random);
  const std::array<std::int64_t, 3> kept = {5, 3, 7}, ends = {8, 6, 8};
  for (std::int64_t i = 0; i < 3; ++i) {
    for (std::int64_t at = 0; at < kContext; ++at) {
      const auto id = after.x[i][at].item<std::int64_t>();
      const auto target = after.classes[i][at].item<std::int64_t>();
      if (at < kept[i] || at >= ends[i]) CHECK(id == before.x[i][at].item<std::int64_t>());
      if (at >= kept[i] && at < ends[i]) CHECK((id >= 0 && id < kVocabulary));
      if (at + 1 >= kept[i] && at + 1 < ends[i]) {
        CHECK(target == after.x[i][at + 1].item<std::int64_t>());
      } else {
        CHECK(target == -1);
      }
    }
  }
  CHECK(at::equal(before.x, batch().x));  // the loader's own tensors are left alone
}

TEST_CASE("what a student writes depends on the draw and its weights, not on threads") {
  const Network network = student();
  const auto written = [&](std::uint64_t seed, std::uint64_t draw, std::size_t threads) {
    OnPolicy policy({.share = 1, .tokens = {}}, network, text(), threads);
    Batch out = batch();
    Random random(draw);
    policy.write(out, initialize(network, seed), random);
    return out.x;
  };
  const at::Tensor one = written(1, 7, 1);
  CHECK(at::equal(one, written(1, 7, 2)));
  CHECK(!at::equal(one, written(1, 8, 1)));
}

TEST_CASE("a student draws tokens as often as it thinks they come") {
  const Network network = student();
  const std::vector<Weight> weights = initialize(network, 1);
  OnPolicy policy({.share = 1, .tokens = 1}, network, text(), 1);
  std::array<double, kVocabulary> counts{};
  constexpr int kDraws = 4000;
  for (int i = 0; i < kDraws; ++i) {
    Batch out = batch();
    Random random(static_cast<std::uint64_t>(i));
    policy.write(out, weights, random);
    counts[static_cast<std::size_t>(out.x[0][7].item<std::int64_t>())] += 1.0 / kDraws;
  }
  const Executor executor(network, weights, false);
  const at::NoGradGuard no_gradients;
  const at::Tensor p = at::softmax(executor.forward(batch().x.narrow(0, 0, 1), {})[0][6], -1);
  for (std::int64_t id = 0; id < kVocabulary; ++id) {
    CHECK(counts[static_cast<std::size_t>(id)] ==
          doctest::Approx(p[id].item<double>()).epsilon(0.12));
  }
}

TEST_CASE("only language models write, and not where rows keep documents apart") {
  Loaded rows;
  CHECK_THROWS_AS(OnPolicy({.share = 1, .tokens = 2}, student(), rows, 1), Error);
  CHECK_THROWS_AS(OnPolicy({.share = 1, .tokens = 2}, student(), text("keep"), 1), Error);
}

}  // namespace mx
