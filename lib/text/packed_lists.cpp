// SPDX-License-Identifier: Apache-2.0
#include "text/packed_lists.h"

#include <cmath>
#include <utility>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/words.h"

namespace mx {
namespace {

constexpr std::size_t kMostListed = 65536;
constexpr std::size_t kMostValues = 1U << 23U;

template <class T, class Put>
Json list_or_packed(std::span<const T> values, const Put& put) {
  if (values.size() <= kMostListed) return std::vector<T>(values.begin(), values.end());
  ByteWriter bytes;
  for (const T& value : values) put(value, bytes);
  return to_base64(bytes.bytes());
}

// get(reader) for each value, while bytes are left.
template <class Get>
auto unpack(JsonObject& object, std::string_view key, const Get& get) {
  const Bytes bytes = from_base64(object.text(key), object.where());
  ByteReader reader(bytes, object.where());
  std::vector<decltype(get(reader))> out;
  while (reader.left() > 0) {
    if (out.size() == kMostValues) fail(Kind::input, "{}: '{}' is too long", object.where(), key);
    out.push_back(get(reader));
  }
  return out;
}

bool is_packed(JsonObject& object, std::string_view key) { return object.at(key).is_string(); }

}  // namespace

Json list_json(std::span<const std::uint32_t> ids) {
  return list_or_packed(ids, [](std::uint32_t id, ByteWriter& bytes) { bytes.varint(id); });
}

Json list_json(std::span<const std::string> texts) {
  return list_or_packed(
      texts, [](const std::string& text, ByteWriter& bytes) { bytes.sized(view(text)); });
}

Json list_json(std::span<const double> numbers) {
  return list_or_packed(numbers, [](double number, ByteWriter& bytes) { bytes.value(number); });
}

std::vector<std::uint32_t> ids_from_list(JsonObject& object, std::string_view key,
                                         std::uint32_t most) {
  if (is_packed(object, key)) {
    return unpack(object, key, [&](ByteReader& reader) {
      const std::uint64_t id = reader.varint();
      if (id > most) fail(Kind::input, "{}: '{}' has an id over {}", object.where(), key, most);
      return static_cast<std::uint32_t>(id);
    });
  }
  std::vector<std::uint32_t> out;
  for (const std::int64_t id : object.integers(key, 0, most)) {
    out.push_back(static_cast<std::uint32_t>(id));
  }
  return out;
}

std::vector<std::string> texts_from_list(JsonObject& object, std::string_view key) {
  if (!is_packed(object, key)) return object.texts(key);
  return unpack(object, key, [&](ByteReader& reader) {
    std::string out(text(reader.sized(reader.left())));
    if (!valid_utf8(out)) fail(Kind::input, "{}: '{}' has invalid UTF-8", object.where(), key);
    return out;
  });
}

std::vector<double> numbers_from_list(JsonObject& object, std::string_view key) {
  if (!is_packed(object, key)) return object.numbers(key);
  return unpack(object, key, [&](ByteReader& reader) {
    const auto number = reader.value<double>();
    if (!std::isfinite(number)) {
      fail(Kind::input, "{}: '{}' has a number that is not finite", object.where(), key);
    }
    return number;
  });
}

}  // namespace mx
