// SPDX-License-Identifier: Apache-2.0
#include "net/layers.h"

#include <algorithm>

namespace mx {
namespace {

const Attention* attention_in(const Block& block) {
  if (const auto* own = std::get_if<Attention>(&block.any)) return own;
  const auto* residual = std::get_if<Residual>(&block.any);
  if (residual == nullptr) return nullptr;
  const Attention* last = nullptr;
  for (const Block& inner : residual->blocks) {
    if (const Attention* own = attention_in(inner)) last = own;
  }
  return last;
}

template <class... Types>
bool is_one_of(const Block& block) {
  return (std::holds_alternative<Types>(block.any) || ...);
}

}  // namespace

std::vector<NetworkLayer> layers(const Network& network) {
  const std::vector<Block>& blocks = network.blocks;
  const std::vector<Shape> behind = shapes(network);
  const bool attends = std::ranges::any_of(
      blocks, [](const Block& block) { return attention_in(block) != nullptr; });
  std::vector<NetworkLayer> out;
  for (std::size_t i = 1; i < blocks.size(); ++i) {
    const Block& block = blocks[i];
    const Attention* const attention = attention_in(block);
    const bool begins = attends ? attention != nullptr : is_one_of<Linear, Conv2d, Residual>(block);
    const bool belongs = attends
                             ? is_one_of<Residual>(block)
                             : is_one_of<Activation, BatchNorm, LayerNorm, RmsNorm, Pool2d>(block);
    const bool follows = !out.empty() && out.back().end == i && belongs;
    if (!begins && !follows) continue;
    if (begins) out.push_back({.begin = i, .end = i, .attention = attention});
    out.back().end = i + 1;
    out.back().output = behind[i];
  }
  if (!attends && !out.empty() && out.back().end == blocks.size() &&
      is_one_of<Linear, Conv2d>(blocks[out.back().begin])) {
    out.pop_back();
  }
  return out;
}

}  // namespace mx
