// SPDX-License-Identifier: Apache-2.0
#include "shrink/fit.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "net/families.h"

namespace mx {
namespace {

// The later a structure, the more important.
ImportanceByName rising(const Network& network) {
  ImportanceByName out;
  for (const StructureGroup& group : inner_groups(network, true)) {
    for (std::size_t i = 0; i < group.structures; ++i) {
      out[group.name].push_back(static_cast<double>(i));
    }
  }
  return out;
}

Network mlp() {
  ModelOptions options;
  options.hidden = {512, 256};
  return build(options, {64}, 10);
}

TEST_CASE("what is cut has at most its share of the parameters, and hardly less") {
  ModelOptions options;
  options.family = Family::cnn;
  options.hidden = {120, 84};
  const Network cnn = build(options, {1, 28, 28}, 10);
  options = {};
  options.family = Family::llama;
  options.dim = 64;
  options.layers = 2;
  options.heads = 16;
  const Network llama = build_language_model(options, 50);
  for (const Network& network : {mlp(), cnn, llama}) {
    for (const double share : {0.5, 0.3}) {
      CAPTURE(share);
      const auto had = static_cast<double>(cost(network).parameters);
      const auto most = static_cast<std::uint64_t>(share * had);
      const Fit fit = fit_structures(network, rising(network), most, true);
      const Network small = cut_network(network, fit.groups, fit.kept);
      CHECK(cost(small).parameters == fit.parameters);
      CHECK(fit.parameters <= most);
      CHECK(static_cast<double>(fit.parameters) > 0.8 * share * had);
      CHECK(shapes(small).front() == shapes(network).front());
      CHECK(output_shape(small) == output_shape(network));
      for (const Kept& kept : fit.kept) {  // the most important stay
        CHECK(std::ranges::is_sorted(kept));
        CHECK(kept.back() == 1);
      }
    }
  }
}

TEST_CASE("the width stays where it is not asked for, and all stays where all may") {
  const Network network = mlp();
  const Fit all = fit_structures(network, rising(network), cost(network).parameters, true);
  CHECK(to_json(cut_network(network, all.groups, all.kept)) == to_json(network));
  ModelOptions options;
  options.family = Family::gpt;
  options.dim = 32;
  options.layers = 1;
  const Network gpt = build_language_model(options, 20);
  const Fit fit = fit_structures(gpt, rising(gpt), cost(gpt).parameters * 3 / 4, false);
  CHECK(std::get<Embedding>(cut_network(gpt, fit.groups, fit.kept).blocks[1].any).dim == 32);
}

TEST_CASE("where nothing is small enough one structure of each is left") {
  const Fit fit = fit_structures(mlp(), rising(mlp()), 10, true);
  CHECK(fit.parameters == 65 + 2 + 20);
}

}  // namespace
}  // namespace mx
