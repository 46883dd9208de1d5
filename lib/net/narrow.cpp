// SPDX-License-Identifier: Apache-2.0
#include "net/narrow.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace mx {
namespace {

constexpr std::int64_t kParts = 4096;

bool sets_width(const Block& block) {
  return std::holds_alternative<Linear>(block.any) || std::holds_alternative<Conv2d>(block.any);
}

std::int64_t scaled(std::int64_t width, std::int64_t parts) {
  const double exact =
      static_cast<double>(width) * static_cast<double>(parts) / static_cast<double>(kParts);
  return std::max<std::int64_t>(1, std::llround(exact));
}

// Fewer heads as wide as before, and as many to a key and value as can be, at most as before.
void narrow_heads(Attention& attention, std::int64_t parts) {
  const std::int64_t shared = attention.heads / attention.kv_heads;
  attention.heads = scaled(attention.heads, parts);
  attention.kv_heads = std::max<std::int64_t>(1, attention.heads / shared);
  while (attention.heads % attention.kv_heads != 0) ++attention.kv_heads;
}

// The block behind one of shape `before`, its own widths times parts / kParts unless it is the
// `last` map.
Block scaled(Block block, const Shape& before, std::int64_t parts, bool last) {
  if (auto* linear = std::get_if<Linear>(&block.any)) {
    linear->in = before.back();
    if (!last) linear->out = scaled(linear->out, parts);
  } else if (auto* conv = std::get_if<Conv2d>(&block.any)) {
    conv->in = before.front();
    if (!last) conv->out = scaled(conv->out, parts);
  } else if (auto* batch = std::get_if<BatchNorm>(&block.any)) {
    batch->dim = before.front();
  } else if (auto* layer = std::get_if<LayerNorm>(&block.any)) {
    layer->dim = before.back();
  } else if (auto* rms = std::get_if<RmsNorm>(&block.any)) {
    rms->dim = before.back();
  } else if (auto* embedding = std::get_if<Embedding>(&block.any)) {
    embedding->dim = scaled(embedding->dim, parts);
  } else if (auto* attention = std::get_if<Attention>(&block.any)) {
    attention->dim = before.back();
    narrow_heads(*attention, parts);
  } else if (auto* feedforward = std::get_if<FeedForward>(&block.any)) {
    feedforward->dim = before.back();
    feedforward->hidden = scaled(feedforward->hidden, parts);
  } else if (auto* residual = std::get_if<Residual>(&block.any)) {
    // Its inner width comes back to that of `before`.
    for (Block& inner : residual->blocks) inner = scaled(std::move(inner), before, parts, true);
  }
  return block;
}

// Every width times parts / kParts, except the last.
Network scaled(const Network& network, std::int64_t parts) {
  const auto last =
      std::ranges::find_if(network.blocks.rbegin(), network.blocks.rend(), sets_width);
  const auto kept = static_cast<std::size_t>(network.blocks.rend() - last);  // one past it
  Network out;
  for (std::size_t i = 0; i < network.blocks.size(); ++i) {
    const Shape before = out.empty() ? Shape{} : output_shape(out);
    out.blocks.push_back(scaled(network.blocks[i], before, parts, i + 1 == kept));
  }
  try {
    check_network(out);
  } catch (const Error& error) {
    throw Error{Kind::usage, "the network cannot be made narrower: " + error.message(),
                "describe the student in a file"};
  }
  return out;
}

}  // namespace

Network narrower(const Network& network, double share) {
  const auto most =
      static_cast<std::uint64_t>(std::floor(share * static_cast<double>(cost(network).parameters)));
  const auto fits = [&](std::int64_t parts) {
    return cost(scaled(network, parts)).parameters <= most;
  };
  if (!fits(1)) {
    throw Error{
        Kind::usage,
        fmt::format("no network of this kind has {} parameters or fewer; the narrowest has {}",
                    most, cost(scaled(network, 1)).parameters),
        "ask for a larger share"};
  }
  std::int64_t low = 1;
  std::int64_t high = kParts + 1;  // fits(low), not fits(high) or out of range
  while (high - low > 1) {
    const std::int64_t middle = (low + high) / 2;
    (fits(middle) ? low : high) = middle;
  }
  return scaled(network, low);
}

}  // namespace mx
