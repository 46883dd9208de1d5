// SPDX-License-Identifier: Apache-2.0
// Messages of Protocol Buffers, written without its library: a message is its fields one behind
// another, each a key (number and kind) and a value, and a message inside another is a field of so
// many bytes (https://protobuf.dev/programming-guides/encoding).
// What is too large for memory is announced by its size alone and follows elsewhere.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace mx {

class ProtobufMessage {
 public:
  // int32, int64, bool and enum fields; negative numbers take ten bytes.
  void integer(std::uint32_t field, std::int64_t value);
  // One field for each, as repeated ones are written when nothing says "packed".
  void integers(std::uint32_t field, std::span<const std::int64_t> values);
  void number(std::uint32_t field, float value);
  void text(std::uint32_t field, std::string_view value);
  void message(std::uint32_t field, const ProtobufMessage& value);
  // The key and the size of a field whose bytes come behind this message's.
  void announce(std::uint32_t field, std::uint64_t bytes);

  [[nodiscard]] ByteView bytes() const { return out_.bytes(); }
  [[nodiscard]] std::uint64_t size() const { return out_.size(); }

 private:
  enum class Wire : std::uint8_t { varint = 0, sized = 2, four_bytes = 5 };
  void key(std::uint32_t field, Wire wire);

  ByteWriter out_;
};

}  // namespace mx
