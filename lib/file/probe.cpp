// SPDX-License-Identifier: Apache-2.0
#include "file/probe.h"

#include "base/random.h"

namespace mx {

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
