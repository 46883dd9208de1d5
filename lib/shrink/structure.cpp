// SPDX-License-Identifier: Apache-2.0
#include "shrink/structure.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "base/error.h"

namespace mx {
namespace {

struct Candidate {
  double importance;
  std::size_t group, structure;
};

// The least important first, ties by position; the last structure of a group is passed over.
void remove_least(std::vector<Candidate> candidates, double sparsity,
                  const std::vector<StructureGroup>& groups, std::vector<Kept>& kept) {
  std::stable_sort(
      candidates.begin(), candidates.end(),
      [](const Candidate& a, const Candidate& b) { return a.importance < b.importance; });
  auto left = std::llround(sparsity * static_cast<double>(candidates.size()));
  std::vector<std::size_t> alive;
  for (const Kept& group : kept) alive.push_back(group.size());
  for (const Candidate& candidate : candidates) {
    if (left == 0) return;
    if (alive[candidate.group] == 1 && groups[candidate.group].blocks.empty()) continue;
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
  using Field = SizeUse::Field;
  std::visit(
      [&](auto& any) {
        if constexpr (requires { any.in; }) {
          if (field == Field::in) shrink(any.in, structures, left);
          if (field == Field::out) shrink(any.out, structures, left);
        }
        if constexpr (requires { any.dim; }) {
          if (field == Field::dim) shrink(any.dim, structures, left);
        }
        if constexpr (requires { any.hidden; }) {
          if (field == Field::hidden) shrink(any.hidden, structures, left);
        }
        if constexpr (requires { any.heads; }) {
          if (field == Field::heads) {
            shrink(any.heads, structures, left);
            shrink(any.kv_heads, structures, left);
          }
        }
      },
      block.any);
}

// The block of this name, inside residual ones too.
Block* find_block(std::vector<Block>& blocks, const std::string& name) {
  for (Block& block : blocks) {
    if (name_of(block) == name) return &block;
    auto* residual = std::get_if<Residual>(&block.any);
    if (residual == nullptr) continue;
    if (Block* inner = find_block(residual->blocks, name)) return inner;
  }
  return nullptr;
}

Network without_blocks(const Network& network, const StructureGroup& group, const Kept& kept) {
  Network out;
  for (std::size_t i = 0; i < network.blocks.size(); ++i) {
    const auto whole = std::ranges::find(group.blocks, i, &StructureGroup::Whole::position);
    const bool goes = whole != group.blocks.end() &&
                      kept[static_cast<std::size_t>(whole - group.blocks.begin())] == 0;
    if (!goes) out.blocks.push_back(network.blocks[i]);
  }
  return out;
}

std::map<std::string, TensorSpec> specs_of(const Network& network) {
  std::map<std::string, TensorSpec> out;
  for (TensorSpec& spec : tensors(network)) out.emplace(spec.name, std::move(spec));
  return out;
}

}  // namespace

Importance sum_scores(const Network& network, const std::vector<StructureGroup>& groups,
                      const std::vector<Scores>& scores) {
  const std::map<std::string, TensorSpec> specs = specs_of(network);
  const auto scored = [&](const std::string& name) -> const std::vector<float>& {
    const auto found = std::ranges::find(scores, name, &Scores::name);
    if (found == scores.end()) fail(Kind::failed, "{} was not scored", name);
    return found->values;
  };
  Importance out;
  for (const StructureGroup& group : groups) {
    std::vector<double> sums(group.structures, 0.0);
    for (const AxisUse& use : group.makes) {
      const TensorSpec& spec = specs.at(use.tensor);
      if (!spec.prunable) continue;
      const std::vector<float>& values = scored(use.tensor);
      const std::size_t row = values.size() / static_cast<std::size_t>(spec.shape[0]);
      for (std::size_t i = 0; i < values.size(); ++i) {
        sums[i / row / use.inner % group.structures] += static_cast<double>(values[i]);
      }
    }
    for (std::size_t i = 0; i < group.blocks.size(); ++i) {
      Kept others(group.structures, 1);
      others[i] = 0;
      const std::map<std::string, TensorSpec> left =
          specs_of(without_blocks(network, group, others));
      for (const auto& [name, spec] : specs) {
        if (!spec.prunable || left.contains(name)) continue;
        for (const float value : scored(name)) sums[i] += static_cast<double>(value);
      }
    }
    out.push_back(std::move(sums));
  }
  return out;
}

std::vector<Kept> choose_structures(const std::vector<StructureGroup>& groups,
                                    const Importance& importance, double sparsity, Scope scope) {
  if (!(sparsity >= 0 && sparsity <= 1)) fail(Kind::usage, "a sparsity is from 0 to 1");
  std::vector<Kept> kept;
  for (const StructureGroup& group : groups) kept.emplace_back(group.structures, std::uint8_t{1});
  std::vector<Candidate> candidates;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (scope == Scope::layer) candidates.clear();
    for (std::size_t i = 0; i < groups[g].structures; ++i) {
      candidates.push_back({importance.at(g).at(i), g, i});
    }
    if (scope == Scope::layer) remove_least(candidates, sparsity, groups, kept);
  }
  if (scope != Scope::layer) remove_least(std::move(candidates), sparsity, groups, kept);
  return kept;
}

std::vector<KeepMask> structure_masks(const Network& network,
                                      const std::vector<StructureGroup>& groups,
                                      const std::vector<Kept>& kept) {
  const std::map<std::string, TensorSpec> specs = specs_of(network);
  std::vector<KeepMask> masks;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (const AxisUse& use : groups[g].makes) {
      const Shape& shape = specs.at(use.tensor).shape;
      std::size_t run = 1;
      for (std::size_t a = use.axis + 1; a < shape.size(); ++a) {
        run *= static_cast<std::size_t>(shape[a]);
      }
      const auto size = static_cast<std::size_t>(shape[use.axis]);
      KeepMask mask{use.tensor, std::vector<std::uint8_t>(element_count(shape), 1)};
      for (std::size_t i = 0; i < mask.keep.size(); ++i) {
        mask.keep[i] = stays(use, kept[g], i / run % size) ? 1 : 0;
      }
      masks.push_back(std::move(mask));
    }
    for (std::size_t i = 0; i < groups[g].blocks.size(); ++i) {
      for (const std::string* name : {&groups[g].blocks[i].weight, &groups[g].blocks[i].bias}) {
        if (name->empty()) continue;
        masks.push_back(
            {*name, std::vector<std::uint8_t>(element_count(specs.at(*name).shape), kept[g][i])});
      }
    }
  }
  return masks;
}

std::vector<Kept> kept_by(const std::vector<StructureGroup>& groups,
                          const std::vector<KeepMask>& masks) {
  const auto mask_of = [&](const std::string& name) -> const KeepMask& {
    const auto found = std::ranges::find(masks, name, &KeepMask::name);
    if (found == masks.end()) fail(Kind::failed, "there is no mask of {}", name);
    return *found;
  };
  std::vector<Kept> out;
  for (const StructureGroup& group : groups) {
    Kept kept(group.structures, 1);
    for (std::size_t i = 0; i < group.blocks.size(); ++i) {
      kept[i] = mask_of(group.blocks[i].weight).keep.at(0);
    }
    if (group.blocks.empty()) {
      const AxisUse& use = group.makes.at(0);
      const std::vector<std::uint8_t>& keep = mask_of(use.tensor).keep;
      const std::size_t row = keep.size() / (use.outer * group.structures * use.inner);
      for (std::size_t i = 0; i < group.structures; ++i) kept[i] = keep.at(i * use.inner * row);
    }
    out.push_back(std::move(kept));
  }
  return out;
}

Network cut_network(const Network& network, const std::vector<StructureGroup>& groups,
                    const std::vector<Kept>& kept) {
  Network out = network;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const auto left = static_cast<std::size_t>(std::count(kept[g].begin(), kept[g].end(), 1));
    for (const SizeUse& use : groups[g].sizes) {
      Block* const block = find_block(out.blocks, use.block);
      if (block == nullptr) fail(Kind::failed, "there is no block {}", use.block);
      resize(*block, use.field, groups[g].structures, left);
    }
    if (!groups[g].blocks.empty()) out = without_blocks(out, groups[g], kept[g]);
  }
  check_network(out);
  return out;
}

Cut cut_structures(const Network& network, std::vector<Weight> weights,
                   const std::vector<StructureGroup>& groups, const std::vector<Kept>& kept) {
  Cut cut{cut_network(network, groups, kept), std::move(weights)};
  for (std::size_t g = 0; g < groups.size(); ++g) {
    cut.structures += groups[g].structures;
    cut.removed += static_cast<std::size_t>(std::count(kept[g].begin(), kept[g].end(), 0));
    for (const auto* uses : {&groups[g].makes, &groups[g].keeps, &groups[g].reads}) {
      for (const AxisUse& use : *uses) {
        const auto weight = std::find_if(cut.weights.begin(), cut.weights.end(),
                                         [&](const Weight& one) { return one.name == use.tensor; });
        if (weight == cut.weights.end() || weight->scheme != Scheme::plain) {
          fail(Kind::failed, "there is no plain weight {}", use.tensor);
        }
        weight->values = cut_axis(weight->values, use, kept[g]);
      }
    }
  }
  const std::map<std::string, TensorSpec> left = specs_of(cut.network);
  std::erase_if(cut.weights, [&](const Weight& weight) { return !left.contains(weight.name); });
  return cut;
}

}  // namespace mx
