// SPDX-License-Identifier: Apache-2.0
// JSON read strictly and written canonically: one wrapper over nlohmann-json, key order kept.
// Refused as Kind::input with `where` in the message: invalid UTF-8, duplicate keys, trailing
// bytes, depth over 32, numbers that are not finite, a wrong type, an unknown or a missing key.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mx {

using Json = nlohmann::ordered_json;

// `where` names the text in messages ("the header", "rows.jsonl line 3").
[[nodiscard]] Json parse_json(std::string_view text, std::string_view where);
// One line, no spaces, shortest round-trip numbers. Non-finite numbers throw Kind::failed.
[[nodiscard]] std::string dump_json(const Json& value);

// Typed access to one object; every key asked for is remembered, `finish` refuses the others.
class JsonObject {
 public:
  JsonObject(const Json& object, std::string where);
  [[nodiscard]] bool has(std::string_view key);
  [[nodiscard]] const Json& at(std::string_view key);
  [[nodiscard]] std::int64_t integer(std::string_view key, std::int64_t low, std::int64_t high);
  [[nodiscard]] double number(std::string_view key);
  [[nodiscard]] bool boolean(std::string_view key);
  [[nodiscard]] std::string text(std::string_view key);
  [[nodiscard]] std::vector<std::int64_t> integers(std::string_view key, std::int64_t low,
                                                   std::int64_t high);
  [[nodiscard]] std::vector<std::string> texts(std::string_view key);
  [[nodiscard]] std::vector<double> numbers(std::string_view key);
  // As above, with a default when the key is absent.
  [[nodiscard]] std::int64_t integer_or(std::string_view key, std::int64_t low, std::int64_t high,
                                        std::int64_t otherwise);
  [[nodiscard]] bool boolean_or(std::string_view key, bool otherwise);
  [[nodiscard]] double number_or(std::string_view key, double otherwise);
  [[nodiscard]] std::string text_or(std::string_view key, std::string otherwise);
  void finish() const;
  [[nodiscard]] const std::string& where() const { return where_; }

 private:
  const Json* object_;
  std::string where_;
  std::set<std::string, std::less<>> seen_;
};

}  // namespace mx
