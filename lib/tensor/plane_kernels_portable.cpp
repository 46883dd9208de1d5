// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tensor/plane_source.h"

namespace mx::planes {
namespace {

std::size_t decode(Decoder& decoder, const DecodeTable& table, std::span<std::uint8_t> out) {
  const std::array<std::uint32_t, kSlots> slots = joined(table);
  const std::uint8_t* bytes = decoder.bytes.at;
  const std::uint8_t* escapes = decoder.escapes.at;
  States states = decoder.states;
  std::size_t done = 0;
  while (done < out.size()) {
    if (!decoder.may_read(bytes, escapes)) break;
    const std::size_t lanes = std::min(kLanes, out.size() - done);
    std::uint8_t* const to = out.data() + done;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const std::uint32_t x = states[lane];
      const std::uint32_t slot = slots[x & 0xffU];
      const std::uint32_t next = (slot >> 16U) * (x >> 8U) + (slot & 0xffU);
      // Without a branch: which way it goes is noise.
      const std::uint32_t more = (next - kFirstState) >> 31U;
      states[lane] = static_cast<std::uint16_t>(next + ((next * 255 + *bytes) & (0U - more)));
      bytes += more;
      to[lane] = static_cast<std::uint8_t>(slot >> 8U);
    }
    if (table.escapes) escapes = put_escapes(table.escape, out.subspan(done, lanes), escapes);
    done += lanes;
  }
  decoder.states = states;
  decoder.bytes.at = bytes;
  decoder.escapes.at = escapes;
  return done;
}

void encode(Encoder& encoder, const EncodeTable& table, std::span<const std::uint8_t> in) {
  const std::array<std::uint32_t, 256> facts = joined(table);
  std::uint8_t* bytes = encoder.bytes;
  States states = encoder.states;
  for (std::size_t i = in.size(); i-- > 0;) {
    const std::uint32_t fact = facts[in[i]];
    const std::uint32_t frequency = fact >> 8U & 0xffU;
    std::uint32_t x = states[i % kLanes];
    const std::uint32_t full = 1U - (((x >> 8U) - frequency) >> 31U);
    bytes[-1] = static_cast<std::uint8_t>(x);
    bytes -= full;
    x >>= 8 * full;
    std::uint32_t quotient = x * (fact >> 16U) >> 16U;  // or one less than x / frequency
    quotient += 1U - ((x - quotient * frequency - frequency) >> 31U);
    // (quotient << 8) + start + rest
    states[i % kLanes] =
        static_cast<std::uint16_t>(x + quotient * (kSlots - frequency) + (fact & 0xffU));
  }
  encoder.bytes = bytes;
  encoder.states = states;
  if (table.escapes) take_escapes(table, in, encoder.escapes);
}

}  // namespace

Kernel portable_kernel() { return {"portable", split, merge, decode, encode}; }

}  // namespace mx::planes
