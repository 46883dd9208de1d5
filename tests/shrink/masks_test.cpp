// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "base/error.h"
#include "base/random.h"
#include "net/families.h"
#include "shrink/prune.h"

namespace mx {
namespace {

// Few different values, so that there are many ties.
std::vector<Scores> random_scores(std::uint64_t seed) {
  Random random(seed);
  std::vector<Scores> scores;
  for (std::size_t w = 0; w < 1 + random.below(3); ++w) {
    const auto rows = static_cast<std::int64_t>(1 + random.below(6));
    const auto row = static_cast<std::int64_t>(1 + random.below(9));
    Scores one{fmt::format("w{}", w), {rows, row}, {}};
    for (std::int64_t i = 0; i < rows * row; ++i) {
      one.values.push_back(static_cast<float>(random.below(5)));
    }
    scores.push_back(std::move(one));
  }
  return scores;
}

// Sorts everything by (score, weight, position) and strikes off the first ones.
std::vector<KeepMask> sorted_twin(const std::vector<Scores>& scores, double sparsity) {
  std::vector<std::tuple<float, std::size_t, std::size_t>> all;
  std::vector<KeepMask> masks;
  for (std::size_t w = 0; w < scores.size(); ++w) {
    masks.push_back({scores[w].name, std::vector<std::uint8_t>(scores[w].values.size(), 1)});
    for (std::size_t i = 0; i < scores[w].values.size(); ++i) {
      all.emplace_back(scores[w].values[i], w, i);
    }
  }
  std::sort(all.begin(), all.end());
  const auto count = std::llround(sparsity * static_cast<double>(all.size()));
  for (std::size_t k = 0; k < static_cast<std::size_t>(count); ++k) {
    masks[std::get<1>(all[k])].keep[std::get<2>(all[k])] = 0;
  }
  return masks;
}

TEST_CASE("global pruning removes exactly the least important, ties by position") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::vector<Scores> scores = random_scores(seed);
    for (const double sparsity : {0.0, 0.1, 0.33, 0.5, 0.8, 0.99, 1.0}) {
      const std::vector<KeepMask> masks = choose_free(scores, sparsity, Scope::global);
      const std::vector<KeepMask> twin = sorted_twin(scores, sparsity);
      REQUIRE(masks.size() == twin.size());
      for (std::size_t w = 0; w < masks.size(); ++w) {
        CHECK(masks[w].name == scores[w].name);
        CHECK(masks[w].keep == twin[w].keep);
      }
    }
  }
}

TEST_CASE("layer scope removes the exact share of every weight by itself") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const std::vector<Scores> scores = random_scores(seed);
    const std::vector<KeepMask> masks = choose_free(scores, 0.4, Scope::layer);
    for (std::size_t w = 0; w < scores.size(); ++w) {
      CHECK(masks[w].keep == sorted_twin({scores[w]}, 0.4)[0].keep);
    }
  }
}

TEST_CASE("of equals the first ones go") {
  const std::vector<Scores> scores = {{"a", {4}, {1, 1, 1, 1}}, {"b", {2}, {1, 1}}};
  const std::vector<KeepMask> masks = choose_free(scores, 0.5, Scope::global);
  CHECK(masks[0].keep == std::vector<std::uint8_t>{0, 0, 0, 1});
  CHECK(masks[1].keep == std::vector<std::uint8_t>{1, 1});
}

TEST_CASE("a sparsity outside 0 to 1 is refused") {
  CHECK_THROWS_AS((void)choose_free({{"a", {1}, {1}}}, 1.5, Scope::global), Error);
  CHECK_THROWS_AS((void)choose_free({{"a", {1}, {1}}}, std::nan(""), Scope::layer), Error);
}

TEST_CASE("of every m consecutive numbers of a row the n most important stay") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (const auto& [n, m] :
         std::array<std::pair<int, int>, 5>{{{2, 4}, {1, 2}, {3, 5}, {4, 8}, {1, 7}}}) {
      const std::vector<Scores> scores = random_scores(seed);
      const std::vector<KeepMask> masks = choose_n_of_m(scores, n, m);
      for (std::size_t w = 0; w < scores.size(); ++w) {
        const auto row = static_cast<std::size_t>(scores[w].shape[1]);
        for (std::size_t begin = 0; begin < scores[w].values.size(); begin += row) {
          for (std::size_t at = 0; at < row; at += static_cast<std::size_t>(m)) {
            const std::size_t size = std::min(static_cast<std::size_t>(m), row - at);
            const auto stay = static_cast<std::size_t>(
                std::ceil(static_cast<double>(size) * n / static_cast<double>(m)));
            float least_kept = 1e9F, most_removed = -1;
            std::size_t kept = 0;
            for (std::size_t i = begin + at; i < begin + at + size; ++i) {
              const float score = scores[w].values[i];
              kept += masks[w].keep[i];
              if (masks[w].keep[i] != 0) least_kept = std::min(least_kept, score);
              if (masks[w].keep[i] == 0) most_removed = std::max(most_removed, score);
            }
            CHECK(kept == stay);
            CHECK(most_removed <= least_kept);
          }
        }
      }
    }
  }
}

TEST_CASE("the rest of a row that fills no group keeps the same share, rounded up") {
  const std::vector<Scores> scores = {{"a", {1, 7}, {1, 2, 3, 4, 7, 6, 5}}};
  CHECK(choose_n_of_m(scores, 2, 4)[0].keep == std::vector<std::uint8_t>{0, 0, 1, 1, 1, 1, 0});
}

TEST_CASE("a group never reaches over the end of a row") {
  const std::vector<Scores> scores = {{"a", {2, 2}, {4, 3, 2, 1}}};
  CHECK(choose_n_of_m(scores, 2, 4)[0].keep == std::vector<std::uint8_t>{1, 0, 1, 0});
}

TEST_CASE("masks zero what they do not keep, whatever the element type") {
  std::vector<Weight> weights;
  weights.push_back({.name = "a", .values = tensor_of({3}, std::array{1.0F, -2.0F, 3.0F})});
  weights.push_back({.name = "b", .values = Tensor(DType::i8, {2})});
  weights[1].values.as<std::int8_t>()[0] = 5;
  weights[1].values.as<std::int8_t>()[1] = 6;
  apply_masks(weights, {{"b", {1, 0}}, {"a", {1, 0, 1}}});
  CHECK(weights[0].values.as<float>()[1] == 0.0F);
  CHECK_FALSE(std::signbit(weights[0].values.as<float>()[1]));
  CHECK(weights[0].values.as<float>()[2] == 3.0F);
  CHECK(weights[1].values.as<std::int8_t>()[0] == 5);
  CHECK(weights[1].values.as<std::int8_t>()[1] == 0);
}

TEST_CASE("a mask of another size, or of no weight, is refused") {
  std::vector<Weight> weights;
  weights.push_back({.name = "a", .values = tensor_of({2}, std::array{1.0F, 2.0F})});
  CHECK_THROWS_AS(apply_masks(weights, {{"a", {1}}}), Error);
  CHECK_THROWS_AS(apply_masks(weights, {{"c", {1, 1}}}), Error);
}

TEST_CASE("the gradual schedule starts at nothing, ends at the target and never goes back") {
  CHECK(gradual_sparsity(0.8, 0, 100) == 0.0);
  CHECK(gradual_sparsity(0.8, 50, 100) == doctest::Approx(0.7));
  CHECK(gradual_sparsity(0.8, 100, 100) == 0.8);
  CHECK(gradual_sparsity(0.8, 500, 100) == 0.8);
  CHECK(gradual_sparsity(0.8, 0, 0) == 0.8);
  for (std::uint64_t step = 1; step <= 100; ++step) {
    CHECK(gradual_sparsity(0.8, step, 100) > gradual_sparsity(0.8, step - 1, 100));
  }
}

TEST_CASE("pruned in place, weights are what masks of their magnitudes make of them") {
  const Network network = build({.hidden = {30, 20}}, {17}, 4);
  Random random(3);
  std::vector<Weight> weights;
  for (const TensorSpec& spec : tensors(network)) {
    Tensor values(DType::f32, spec.shape);
    for (float& x : values.as<float>()) x = static_cast<float>(random.below(9)) - 4;  // many ties
    weights.push_back({.name = spec.name, .values = std::move(values)});
  }
  ThreadPool pool(2);
  for (const Scope scope : {Scope::global, Scope::layer}) {
    for (const double sparsity : {0.0, 0.37, 1.0}) {
      std::vector<Weight> masked = weights, found = weights;
      const std::vector<KeepMask> masks =
          choose_free(magnitude_scores(network, weights, "^1"), sparsity, scope);
      apply_masks(masked, masks);
      std::uint64_t gone = 0;
      for (const KeepMask& mask : masks) {
        gone += static_cast<std::uint64_t>(std::ranges::count(mask.keep, 0));
      }
      CHECK(prune_magnitudes(network, found, sparsity, scope, "^1", pool) == gone);
      for (std::size_t i = 0; i < weights.size(); ++i) {
        CHECK(std::ranges::equal(found[i].values.as<float>(), masked[i].values.as<float>()));
      }
    }
  }
  weights[0].values.as<float>()[5] = std::nanf("");
  CHECK_THROWS_WITH_AS((void)prune_magnitudes(network, weights, 0.5, Scope::global, "", pool),
                       "0.weight has numbers that are not finite", Error);
}

}  // namespace
}  // namespace mx
