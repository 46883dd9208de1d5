// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "shrink/groups.h"
#include "shrink/prune.h"

namespace mx {
namespace {

using Kept = std::vector<std::uint8_t>;  // of one group: 1: the structure stays

std::vector<double> importance(const StructureGroup& group, const std::vector<Scores>& scores) {
  const auto found = std::find_if(scores.begin(), scores.end(),
                                  [&](const Scores& one) { return one.name == group.map; });
  if (found == scores.end() || found->values.size() % group.structures != 0) {
    fail(Kind::failed, "{} was not scored", group.map);
  }
  const std::size_t row = found->values.size() / group.structures;
  std::vector<double> sums(group.structures, 0.0);
  for (std::size_t i = 0; i < found->values.size(); ++i) {
    sums[i / row] += static_cast<double>(found->values[i]);
  }
  return sums;
}

struct Candidate {
  double importance;
  std::size_t group, structure;
};

// The least important first, ties by position; the last structure of a group is passed over.
void remove_least(std::vector<Candidate> candidates, double sparsity, std::vector<Kept>& kept) {
  std::stable_sort(
      candidates.begin(), candidates.end(),
      [](const Candidate& a, const Candidate& b) { return a.importance < b.importance; });
  auto left = std::llround(sparsity * static_cast<double>(candidates.size()));
  std::vector<std::size_t> alive;
  for (const Kept& group : kept) alive.push_back(group.size());
  for (const Candidate& candidate : candidates) {
    if (left == 0) return;
    if (alive[candidate.group] == 1) continue;
    kept[candidate.group][candidate.structure] = 0;
    --alive[candidate.group];
    --left;
  }
}

// Whether index `at` of an axis belongs to a structure that stays.
bool stays(const AxisUse& use, const Kept& kept, std::size_t at) {
  return kept[at / use.inner % kept.size()] != 0;
}

// The tensor with only those indices of `use.axis` whose structures stay.
Tensor cut_axis(const Tensor& tensor, const AxisUse& use, const Kept& kept) {
  const auto size = static_cast<std::size_t>(tensor.shape[use.axis]);
  if (size != use.outer * kept.size() * use.inner) {
    fail(Kind::failed, "{} does not fit the structures cut from it", use.tensor);
  }
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < size; ++i) {
    if (stays(use, kept, i)) indices.push_back(i);
  }
  Shape shape = tensor.shape;
  shape[use.axis] = static_cast<std::int64_t>(indices.size());
  Tensor out(tensor.dtype, shape);
  std::size_t rows = 1, run = size_of(tensor.dtype);
  for (std::size_t a = 0; a < use.axis; ++a) rows *= static_cast<std::size_t>(shape[a]);
  for (std::size_t a = use.axis + 1; a < shape.size(); ++a) {
    run *= static_cast<std::size_t>(shape[a]);
  }
  std::uint8_t* to = out.data.data();
  for (std::size_t row = 0; row < rows; ++row) {
    for (const std::size_t index : indices) {
      std::memcpy(to, tensor.data.data() + (row * size + index) * run, run);
      to += run;
    }
  }
  return out;
}

void shrink(std::int64_t& size, std::size_t structures, std::size_t left) {
  size = size / static_cast<std::int64_t>(structures) * static_cast<std::int64_t>(left);
}

void resize(Block& block, SizeUse::Field field, std::size_t structures, std::size_t left) {
  std::visit(
      [&](auto& any) {
        if constexpr (requires { any.in; }) {
          if (field == SizeUse::Field::in) shrink(any.in, structures, left);
          if (field == SizeUse::Field::out) shrink(any.out, structures, left);
        }
        if constexpr (requires { any.dim; }) {
          if (field == SizeUse::Field::dim) shrink(any.dim, structures, left);
        }
      },
      block.any);
}

}  // namespace

std::vector<Kept> rank_structures(const std::vector<StructureGroup>& groups,
                                  const std::vector<Scores>& scores, double sparsity, Scope scope) {
  if (!(sparsity >= 0 && sparsity <= 1)) fail(Kind::usage, "a sparsity is from 0 to 1");
  std::vector<Kept> kept;
  for (const StructureGroup& group : groups) kept.emplace_back(group.structures, std::uint8_t{1});
  std::vector<Candidate> candidates;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (scope == Scope::layer) candidates.clear();
    const std::vector<double> sums = importance(groups[g], scores);
    for (std::size_t i = 0; i < sums.size(); ++i) candidates.push_back({sums[i], g, i});
    if (scope == Scope::layer) remove_least(candidates, sparsity, kept);
  }
  if (scope == Scope::global) remove_least(std::move(candidates), sparsity, kept);
  return kept;
}

std::vector<KeepMask> choose_structures(const Network& network, const std::vector<Scores>& scores,
                                        Structure structure, double sparsity, Scope scope,
                                        const std::string& keep) {
  const std::vector<StructureGroup> groups = find_groups(network, structure, keep);
  const std::vector<Kept> kept = rank_structures(groups, scores, sparsity, scope);
  const std::vector<TensorSpec> specs = tensors(network);
  std::vector<KeepMask> masks;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (const AxisUse& use : groups[g].makes) {
      const auto spec = std::find_if(specs.begin(), specs.end(),
                                     [&](const TensorSpec& one) { return one.name == use.tensor; });
      if (spec == specs.end()) fail(Kind::failed, "the network has no tensor {}", use.tensor);
      const auto size = static_cast<std::size_t>(spec->shape[0]);
      const std::size_t row = element_count(spec->shape) / size;
      KeepMask mask{use.tensor, std::vector<std::uint8_t>(size * row, 1)};
      for (std::size_t i = 0; i < mask.keep.size(); ++i) {
        mask.keep[i] = stays(use, kept[g], i / row) ? 1 : 0;
      }
      masks.push_back(std::move(mask));
    }
  }
  return masks;
}

Cut cut_structures(const Network& network, std::vector<Weight> weights,
                   const std::vector<Scores>& scores, Structure structure, double sparsity,
                   Scope scope, const std::string& keep) {
  const std::vector<StructureGroup> groups = find_groups(network, structure, keep);
  const std::vector<Kept> kept = rank_structures(groups, scores, sparsity, scope);
  Cut cut{network, std::move(weights)};
  const auto cut_all = [&](const std::vector<AxisUse>& uses, const Kept& stay) {
    for (const AxisUse& use : uses) {
      const auto weight = std::find_if(cut.weights.begin(), cut.weights.end(),
                                       [&](const Weight& one) { return one.name == use.tensor; });
      if (weight == cut.weights.end() || weight->scheme != Scheme::plain) {
        fail(Kind::failed, "there is no plain weight {}", use.tensor);
      }
      weight->values = cut_axis(weight->values, use, stay);
    }
  };
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const auto left = static_cast<std::size_t>(std::count(kept[g].begin(), kept[g].end(), 1));
    cut.structures += groups[g].structures;
    cut.removed += groups[g].structures - left;
    cut_all(groups[g].makes, kept[g]);
    cut_all(groups[g].keeps, kept[g]);
    cut_all(groups[g].reads, kept[g]);
    for (const SizeUse& use : groups[g].sizes) {
      resize(cut.network.blocks[use.block], use.field, groups[g].structures, left);
    }
  }
  check_network(cut.network);
  return cut;
}

}  // namespace mx
