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

// Every width times parts / kParts, except the last.
Network scaled(const Network& network, std::int64_t parts) {
  const auto last =
      std::ranges::find_if(network.blocks.rbegin(), network.blocks.rend(), sets_width);
  const auto kept = static_cast<std::size_t>(network.blocks.rend() - last);  // one past it
  const auto narrow = [&](std::int64_t width, std::size_t index) {
    if (index + 1 == kept) return width;
    const double exact =
        static_cast<double>(width) * static_cast<double>(parts) / static_cast<double>(kParts);
    return std::max<std::int64_t>(1, std::llround(exact));
  };
  Network out;
  for (std::size_t i = 0; i < network.blocks.size(); ++i) {
    Block block = network.blocks[i];
    const Shape before = out.empty() ? Shape{} : output_shape(out);
    if (auto* linear = std::get_if<Linear>(&block.any)) {
      linear->in = before.back();
      linear->out = narrow(linear->out, i);
    } else if (auto* conv = std::get_if<Conv2d>(&block.any)) {
      conv->in = before.front();
      conv->out = narrow(conv->out, i);
    } else if (auto* batch = std::get_if<BatchNorm>(&block.any)) {
      batch->dim = before.front();
    } else if (auto* layer = std::get_if<LayerNorm>(&block.any)) {
      layer->dim = before.back();
    }
    out.blocks.push_back(std::move(block));
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
