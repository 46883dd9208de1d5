// SPDX-License-Identifier: Apache-2.0
#include "convert/protobuf.h"

namespace mx {

void ProtobufMessage::key(std::uint32_t field, Wire wire) {
  out_.varint(std::uint64_t{field} << 3U | static_cast<std::uint64_t>(wire));
}

void ProtobufMessage::integer(std::uint32_t field, std::int64_t value) {
  key(field, Wire::varint);
  out_.varint(static_cast<std::uint64_t>(value));
}

void ProtobufMessage::integers(std::uint32_t field, std::span<const std::int64_t> values) {
  for (const std::int64_t value : values) integer(field, value);
}

void ProtobufMessage::number(std::uint32_t field, float value) {
  key(field, Wire::four_bytes);
  out_.value(value);
}

void ProtobufMessage::text(std::uint32_t field, std::string_view value) {
  key(field, Wire::sized);
  out_.sized(view(value));
}

void ProtobufMessage::message(std::uint32_t field, const ProtobufMessage& value) {
  key(field, Wire::sized);
  out_.sized(value.bytes());
}

void ProtobufMessage::announce(std::uint32_t field, std::uint64_t bytes) {
  key(field, Wire::sized);
  out_.varint(bytes);
}

}  // namespace mx
