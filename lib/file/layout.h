// SPDX-License-Identifier: Apache-2.0
// The frame of a model file as FORMAT.md draws it: signature, sections, index, end mark, and the
// limits that hold everywhere. What is in the sections: head.h, payload.h, tail.h.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "file/model.h"

namespace mx {

inline constexpr std::array<std::uint8_t, 8> kSignature = {0x8d, 'M',  'X',  0x0d,
                                                           0x0a, 0x1a, 0x0a, 0x00};
inline constexpr std::array<std::uint8_t, 4> kEndMagic = {0x8d, 'E', 'N', 'D'};
inline constexpr std::uint64_t kVersion = 5;  // written, and read up to
inline constexpr std::string_view kVersionsRead = "mx 1 to 5", kVersionsWritten = "mx 5";
inline constexpr std::size_t kEndMarkBytes = 16 + 4 + 4;

inline constexpr std::size_t kChunkBytes = 1 << 20;    // decoded bytes coded independently
inline constexpr std::size_t kGroupBytes = 256 << 10;  // decoded bytes that share a section
inline constexpr std::size_t kGroupBody = 1 << 20;     // encoded bytes of such a section
inline constexpr std::size_t kMaxText = 16 << 20;      // decoded head, lineage
inline constexpr std::size_t kMaxTensors = 65536;
inline constexpr std::size_t kMaxName = 1024;
inline constexpr std::size_t kAlignment = 64;

enum class SectionKind : std::uint8_t { head = 1, group = 2, tensor = 3, tail = 4, index = 5 };

// kind and length as they stand before a section's body.
[[nodiscard]] Bytes section_opening(SectionKind kind, std::uint64_t body_bytes);

struct SectionFact {
  SectionKind kind = SectionKind::head;
  std::uint64_t bytes = 0;  // of the whole section
  Sha256 sha256 = {};
  std::size_t tensors = 0;  // group: how many; tensor: 1; others 0

  bool operator==(const SectionFact&) const = default;
};

struct TensorFact {
  Codec codec = Codec::store;
  std::uint64_t bytes = 0, nonzero = 0;
};

struct Index {
  std::vector<SectionFact> sections;
  std::vector<TensorFact> tensors;  // in the directory's order
};

[[nodiscard]] Bytes encode_index(const Index& index);
// No index of so many tensors is longer.
[[nodiscard]] std::uint64_t most_index_bytes(std::size_t tensors);
// Throws Kind::input unless the sections stand in their order and hold `tensors` tensors.
[[nodiscard]] Index decode_index(ByteView body, std::size_t tensors);

// The seed of the sums of head, small tensors and tail: they cover the version from 5 on.
[[nodiscard]] constexpr std::uint64_t seed_of(std::uint64_t version) {
  return version < 5 ? 0 : version;
}

[[nodiscard]] Bytes encode_end_mark(ByteView index_body);
[[nodiscard]] bool is_end_mark(ByteView bytes);
// The length of the index' body; throws Kind::input when the bytes are no end mark.
[[nodiscard]] std::uint32_t index_bytes(ByteView end_mark);
// Throws Kind::input unless the mark belongs to this index.
void check_end_mark(ByteView end_mark, ByteView index_body);

}  // namespace mx
