// SPDX-License-Identifier: Apache-2.0
// Little-endian bytes, read within bounds and written by appending.
// A read past the end throws Kind::input: "NAME is incomplete". Varints are LEB128, shortest form
// only (a padded one is refused), so that equal values have equal bytes.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/error.h"

namespace mx {

static_assert(std::endian::native == std::endian::little);

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

[[nodiscard]] inline ByteView view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class ByteReader {
 public:
  // `name` is what messages call these bytes; both must outlive the reader.
  ByteReader(ByteView bytes, std::string_view name) : bytes_(bytes), name_(name) {}

  template <class T>
  [[nodiscard]] T value() {
    static_assert(std::is_arithmetic_v<T>);
    T out;
    std::memcpy(&out, take(sizeof(T)).data(), sizeof(T));
    return out;
  }
  [[nodiscard]] std::uint8_t u8() { return value<std::uint8_t>(); }
  [[nodiscard]] std::uint16_t u16() { return value<std::uint16_t>(); }
  [[nodiscard]] std::uint32_t u32() { return value<std::uint32_t>(); }
  [[nodiscard]] std::uint64_t u64() { return value<std::uint64_t>(); }
  [[nodiscard]] std::uint64_t varint();
  [[nodiscard]] ByteView take(std::size_t count);
  // A varint length of at most `limit`, then that many bytes.
  [[nodiscard]] ByteView sized(std::size_t limit);
  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }
  [[nodiscard]] std::size_t position() const { return at_; }
  // Throws when bytes are left over.
  void finish() const;

 private:
  ByteView bytes_;
  std::string_view name_;
  std::size_t at_ = 0;
};

class ByteWriter {
 public:
  template <class T>
  void value(T v) {
    static_assert(std::is_arithmetic_v<T>);
    std::array<std::uint8_t, sizeof(T)> raw;
    std::memcpy(raw.data(), &v, sizeof(T));
    put(raw);
  }
  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  void shrink(std::size_t bytes) { bytes_.resize(bytes); }  // takes back what was written last
  void u8(std::uint8_t v) { bytes_.push_back(v); }
  void u16(std::uint16_t v) { value(v); }
  void u32(std::uint32_t v) { value(v); }
  void u64(std::uint64_t v) { value(v); }
  void varint(std::uint64_t v);
  void put(ByteView bytes);
  void sized(ByteView bytes) {
    varint(bytes.size());
    put(bytes);
  }
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  [[nodiscard]] Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

[[nodiscard]] std::string to_hex(ByteView bytes);
// Throws Kind::input unless `hex` is exactly 2 * out.size() lower-case hexadecimal digits.
void from_hex(std::string_view hex, std::span<std::uint8_t> out);

}  // namespace mx
