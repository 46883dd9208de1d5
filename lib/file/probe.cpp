// SPDX-License-Identifier: Apache-2.0
#include "file/probe.h"

#include <algorithm>

#include "base/random.h"

namespace mx {
ProbeSizes probe_sizes(const Network& network) {
  const Shape out = output_shape(network);
  const bool last = takes_tokens(network) && out.size() == 2;
  return {element_count(shapes(network).front()),
          last ? static_cast<std::size_t>(out.back()) : element_count(out)};
}

std::vector<float> probe_input(const Network& network, std::uint64_t number) {
  const std::size_t size = probe_sizes(network).input;
  if (!takes_tokens(network)) return probe_input(size, number);
  constexpr std::uint64_t kStream = 0x746f6b656e;  // "token"
  Random random(number, kStream);
  std::vector<float> out(size, -1);
  for (std::size_t i = 0; i < std::min(size, kProbeTokens); ++i) {
    out[i] = static_cast<float>(random.below(static_cast<std::uint64_t>(vocabulary_of(network))));
  }
  return out;
}

std::vector<float> probe_input(std::size_t size, std::uint64_t number) {
  constexpr std::uint64_t kStream = 0x70726f6265;  // "probe"
  Random random(number, kStream);
  std::vector<float> out(size);
  for (float& x : out) {
    std::int32_t sum = -2046;  // four uniform numbers of ten bits
    for (int i = 0; i < 4; ++i) sum += static_cast<std::int32_t>(random.next() >> 54);
    x = static_cast<float>(sum) / 512;
  }
  return out;
}

}  // namespace mx
