// SPDX-License-Identifier: Apache-2.0
// The keys and values in front of a GGUF file's tensors: the codes of their types, and how they are
// written, one after the other.
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace mx {

// The codes of values' types.
struct GgufValue {
  enum Code : std::uint32_t {
    u8,
    i8,
    u16,
    i16,
    u32,
    i32,
    f32,
    boolean,
    string,
    array,
    u64,
    i64,
    f64
  };
};

class GgufKeys {
 public:
  void u32(std::string_view key, std::uint32_t value) {
    start(key, GgufValue::u32);
    out_.u32(value);
  }
  void f32(std::string_view key, float value) {
    start(key, GgufValue::f32);
    out_.value(value);
  }
  void boolean(std::string_view key, bool value) {
    start(key, GgufValue::boolean);
    out_.u8(value ? 1 : 0);
  }
  void text(std::string_view key, std::string_view value) {
    start(key, GgufValue::string);
    put(value);
  }
  void texts(std::string_view key, std::span<const std::string> values) {
    start_array(key, GgufValue::string, values.size());
    for (const std::string& value : values) put(value);
  }
  void floats(std::string_view key, std::span<const float> values) {
    start_array(key, GgufValue::f32, values.size());
    for (const float value : values) out_.value(value);
  }
  void integers(std::string_view key, std::span<const std::int32_t> values) {
    start_array(key, GgufValue::i32, values.size());
    for (const std::int32_t value : values) out_.value(value);
  }
  void octets(std::string_view key, std::string_view values) {
    start_array(key, GgufValue::u8, values.size());
    out_.put(view(values));
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] const Bytes& bytes() const { return out_.bytes(); }

 private:
  void put(std::string_view text) {
    out_.u64(text.size());
    out_.put(view(text));
  }
  void start(std::string_view key, GgufValue::Code type) {
    put(key);
    out_.u32(static_cast<std::uint32_t>(type));
    ++count_;
  }
  void start_array(std::string_view key, GgufValue::Code of, std::size_t count) {
    start(key, GgufValue::array);
    out_.u32(static_cast<std::uint32_t>(of));
    out_.u64(count);
  }

  ByteWriter out_;
  std::uint64_t count_ = 0;
};

}  // namespace mx
