// SPDX-License-Identifier: Apache-2.0
#include "shrink/search.h"

#include <doctest/doctest.h>

#include <limits>
#include <set>

namespace mx {
namespace {

TEST_CASE("the search finds the last sparsity of the grid within the limit, for every limit") {
  for (std::uint32_t last = 0; last <= 64; ++last) {
    const auto loss_at = [](double sparsity) { return 1 + sparsity; };
    const double limit = 1 + last / 64.0;
    const SparsitySearch search = find_sparsity(limit, 64, loss_at);
    CAPTURE(last);
    CHECK(search.tried.size() <= 7);
    if (last == 0) {
      CHECK_FALSE(search.best.has_value());
    } else {
      REQUIRE(search.best.has_value());
      CHECK(search.best->sparsity == last / 64.0);
      CHECK(search.best->loss == loss_at(search.best->sparsity));
    }
  }
}

TEST_CASE("the last number within is found from every guess, each asked once") {
  for (std::uint32_t count = 0; count <= 20; ++count) {
    for (std::uint32_t last = 0; last <= count; ++last) {
      for (std::uint32_t guess = 0; guess <= count + 2; ++guess) {
        std::set<std::uint32_t> asked;
        const std::uint32_t found = last_within(count, guess, [&](std::uint32_t at) {
          CHECK(at >= 1);
          CHECK(at <= count);
          CHECK(asked.insert(at).second);
          return at <= last;
        });
        CAPTURE(count);
        CAPTURE(guess);
        CHECK(found == last);
      }
    }
  }
}

TEST_CASE("a loss that is not a number is over every limit") {
  const SparsitySearch search = find_sparsity(10, 16, [](double sparsity) {
    return sparsity > 0.5 ? std::numeric_limits<double>::quiet_NaN() : 0.0;
  });
  REQUIRE(search.best.has_value());
  CHECK(search.best->sparsity == 0.5);
}

TEST_CASE("the best is one of those tried, and each is tried once") {
  const SparsitySearch search =
      find_sparsity(0.3, 200, [](double sparsity) { return sparsity * sparsity; });
  REQUIRE(search.best.has_value());
  CHECK(search.best->sparsity == doctest::Approx(0.545));
  int found = 0;
  for (const Trial& trial : search.tried) found += trial.sparsity == search.best->sparsity ? 1 : 0;
  CHECK(found == 1);
}

TEST_CASE("the limit is absolute, or relative for regression") {
  CHECK(loss_limit(2, 0.5, false) == 2.5);
  CHECK(loss_limit(2, 0.5, true) == 3);
}

}  // namespace
}  // namespace mx
