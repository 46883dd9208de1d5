// SPDX-License-Identifier: Apache-2.0
#include "shrink/allocate.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <map>

#include "base/random.h"

namespace mx {
namespace {

// Tensors whose candidates get smaller and worse.
std::vector<TensorChoices> made_up(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<TensorChoices> out;
  for (std::size_t t = 0; t < count; ++t) {
    TensorChoices one{fmt::format("t{}", t), {}};
    std::uint64_t bytes = 4000;
    double loss = 0;
    for (const Code code : {Code::none, Code::int8, Code::int4, Code::int3, Code::int2}) {
      one.candidates.push_back({code, bytes, loss});
      bytes -= 100 + random.below(bytes / 2);
      loss += random.uniform() * static_cast<double>(t + 1);
    }
    out.push_back(std::move(one));
  }
  return out;
}

struct Sums {
  std::uint64_t bytes = 0;
  double loss = 0;
};

Sums sums(const std::vector<TensorChoices>& tensors, const CodePlan& plan) {
  Sums out;
  for (const TensorChoices& tensor : tensors) {
    const auto code = std::ranges::find(plan.codes, tensor.name, &TensorCode::name);
    const Code taken = code == plan.codes.end() ? Code::none : code->code;
    const auto one = std::ranges::find(tensor.candidates, taken, &Candidate::code);
    REQUIRE(one != tensor.candidates.end());
    out.bytes += one->bytes;
    out.loss += one->loss;
  }
  return out;
}

TEST_CASE("plans go from no loss to the fewest bytes, each the best of all with its bytes") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const std::vector<TensorChoices> tensors = made_up(5, seed);
    const std::vector<CodePlan> all = plans(tensors);
    CHECK(all.front().loss == 0);
    CHECK(all.front().codes.empty());
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Sums whole = sums(tensors, all[i]);
      CHECK(whole.bytes == all[i].bytes);
      CHECK(whole.loss == doctest::Approx(all[i].loss));
      if (i > 0) {
        CHECK(all[i].bytes < all[i - 1].bytes);
        CHECK(all[i].loss >= all[i - 1].loss);
      }
      // No choice of all 5^5 has at most these bytes and less loss.
      for (std::size_t choice = 0; choice < 3125; ++choice) {
        Sums other;
        std::size_t digits = choice;
        for (const TensorChoices& tensor : tensors) {
          other.bytes += tensor.candidates[digits % 5].bytes;
          other.loss += tensor.candidates[digits % 5].loss;
          digits /= 5;
        }
        if (other.bytes <= all[i].bytes) REQUIRE(other.loss >= all[i].loss - 1e-9);
      }
    }
    std::uint64_t least = 0;
    for (const TensorChoices& tensor : tensors) least += tensor.candidates.back().bytes;
    CHECK(all.back().bytes == least);
  }
}

TEST_CASE("a candidate that is larger and worse is in no plan") {
  const std::vector<TensorChoices> tensors = {
      {"t", {{Code::none, 100, 0}, {Code::int8, 120, 1}, {Code::int4, 50, 2}}}};
  const std::vector<CodePlan> all = plans(tensors);
  REQUIRE(all.size() == 2);
  CHECK(all[1].codes.front().code == Code::int4);
  CHECK(all[1].changed == "t");
}

}  // namespace
}  // namespace mx
