// SPDX-License-Identifier: Apache-2.0
#include "text/charsmap.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace mx {
namespace {

// A unit of darts-clone's array.
bool has_leaf(std::uint32_t unit) { return (unit >> 8U & 1U) != 0; }
std::uint32_t value_of(std::uint32_t unit) { return unit & 0x7FFFFFFFU; }
std::uint32_t label_of(std::uint32_t unit) { return unit & 0x800000FFU; }
std::uint32_t offset_of(std::uint32_t unit) { return unit >> 10U << ((unit & 0x200U) >> 6U); }

}  // namespace

Charsmap::Charsmap(std::string_view bytes) : bytes_(bytes) {
  std::uint32_t size = 0;
  if (bytes.size() > sizeof(size)) std::memcpy(&size, bytes.data(), sizeof(size));
  if (bytes.size() <= sizeof(size) || size >= bytes.size() - sizeof(size) || size % 4 != 0 ||
      size == 0 || bytes.back() != '\0') {
    fail(Kind::input, "the map of characters is damaged");
  }
  units_.resize(size / 4);
  std::memcpy(units_.data(), bytes.data() + sizeof(size), size);
  texts_ = sizeof(size) + size;
  for (std::size_t at = texts_, end = 0; at < bytes.size(); at = end + 1) {
    end = bytes.find('\0', at);
    if (end - at > kLongest) fail(Kind::input, "the map of characters has a text that is too long");
  }
}

std::string_view Charsmap::replacement(std::uint32_t at) const {
  const std::string_view texts = std::string_view(bytes_).substr(texts_);
  if (at >= texts.size()) fail(Kind::input, "the map of characters points out of itself");
  return texts.substr(at, texts.find('\0', at) - at);
}

Charsmap::Found Charsmap::find(std::string_view text, bool first) const {
  std::size_t size = 0;
  std::uint32_t value = 0;
  std::size_t node = offset_of(units_[0]);
  // The array may lead in circles.
  for (std::size_t i = 0; i < std::min(text.size(), kLongest); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    node ^= byte;
    if (node >= units_.size() || label_of(units_[node]) != byte) break;
    const std::uint32_t unit = units_[node];
    node ^= offset_of(unit);
    if (!has_leaf(unit)) continue;
    if (node >= units_.size()) break;
    size = i + 1;
    value = value_of(units_[node]);
    if (first) break;
  }
  return size == 0 ? Found{} : Found{replacement(value), size};
}

}  // namespace mx
