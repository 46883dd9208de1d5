// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <cmath>
#include <unordered_set>

#include "base/error.h"
#include "base/json_limit.h"
#include "base/words.h"

namespace mx {
namespace {

constexpr int kDepth = 32;

[[noreturn]] void wrong(std::string_view where, std::string_view key, std::string_view expected) {
  fail(Kind::input, "{}: \"{}\" is not {}", where, key, expected);
}

// Builds the document through the library's callbacks, where duplicates and depth can be seen.
class Builder : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(std::string_view where) : where_(where) {}
  Json result;

  bool null() override { return add(nullptr); }
  bool boolean(bool v) override { return add(v); }
  bool number_integer(std::int64_t v) override { return add(v); }
  bool number_unsigned(std::uint64_t v) override { return add(v); }
  bool number_float(double v, const std::string& /*raw*/) override {
    if (!std::isfinite(v)) fail(Kind::input, "{}: a number is out of range", where_);
    return add(v);
  }
  bool string(std::string& v) override { return add(std::move(v)); }
  bool binary(Json::binary_t& /*v*/) override { return false; }
  bool start_object(std::size_t /*n*/) override { return open(Json::object()); }
  bool start_array(std::size_t /*n*/) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& v) override {
    if (!stack_.back().keys.insert(v).second) {
      fail(Kind::input, "{}: the key \"{}\" stands twice", where_, printable(v));
    }
    key_ = std::move(v);
    return true;
  }
  bool parse_error(std::size_t at, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*e*/) override {
    fail(Kind::input, "{} is not valid JSON at byte {}", where_, at);
  }

 private:
  struct Open {
    Json* value;
    std::unordered_set<std::string> keys = {};
  };

  Json* place(Json value) {
    if (stack_.empty()) {
      result = std::move(value);
      return &result;
    }
    Json& parent = *stack_.back().value;
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    // The key is new, so it goes behind the others: looking it up in an ordered object takes time
    // in proportion to the object, which a hostile file would make large.
    auto& members = parent.get_ref<Json::object_t&>();
    members.emplace_back(std::move(key_), std::move(value));
    return &members.back().second;
  }
  bool add(Json value) {
    place(std::move(value));
    return true;
  }
  bool open(Json value) {
    if (stack_.size() >= kDepth) fail(Kind::input, "{} is nested deeper than {}", where_, kDepth);
    stack_.push_back({place(std::move(value))});
    return true;
  }
  bool close() {
    stack_.pop_back();
    return true;
  }

  std::string_view where_;
  std::vector<Open> stack_;
  std::string key_;
};

void require_finite(const Json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    fail(Kind::failed, "a number to be written as JSON is not finite");
  }
  if (!value.is_structured()) return;
  for (const Json& child : value) require_finite(child);
}

// No fewer than there are; of what is no JSON, some number.
std::size_t count_values(std::string_view text) {
  std::size_t values = 1;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == ',' || c == '[' || c == '{')) {
      ++values;
    }
  }
  return values;
}

}  // namespace

Json parse_json(std::string_view text, std::string_view where) {
  return parse_long_json(text, where, kMaxJsonValues);
}

Json parse_long_json(std::string_view text, std::string_view where, std::size_t most) {
  if (text.size() > most && count_values(text) > most) {
    fail(Kind::input, "{} holds over {} values", where, most);
  }
  // The library takes a zero byte for the end, whatever follows it.
  const std::size_t zero = text.find('\0');
  if (zero != std::string_view::npos)
    fail(Kind::input, "{} is not valid JSON at byte {}", where, zero + 1);
  Builder builder(where);
  if (!Json::sax_parse(text, &builder)) fail(Kind::input, "{} is not valid JSON", where);
  return std::move(builder.result);
}

std::string dump_json(const Json& value) {
  require_finite(value);
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

JsonObject::JsonObject(const Json& object, std::string where)
    : object_(&object), where_(std::move(where)) {
  if (!object.is_object()) fail(Kind::input, "{} is not a JSON object", where_);
}

bool JsonObject::has(std::string_view key) {
  seen_.emplace(key);
  return object_->contains(key);
}

const Json& JsonObject::at(std::string_view key) {
  if (!has(key)) fail(Kind::input, "{}: \"{}\" is missing", where_, key);
  return object_->at(std::string(key));
}

std::int64_t JsonObject::integer(std::string_view key, std::int64_t low, std::int64_t high) {
  const Json& value = at(key);
  if (!value.is_number_integer()) wrong(where_, key, "a whole number");
  const bool huge = value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX;
  if (huge || value.get<std::int64_t>() < low || value.get<std::int64_t>() > high) {
    wrong(where_, key, fmt::format("within {} and {}", low, high));
  }
  return value.get<std::int64_t>();
}

double JsonObject::number(std::string_view key) {
  const Json& value = at(key);
  if (!value.is_number()) wrong(where_, key, "a number");
  return value.get<double>();
}

bool JsonObject::boolean(std::string_view key) {
  const Json& value = at(key);
  if (!value.is_boolean()) wrong(where_, key, "true or false");
  return value.get<bool>();
}

std::string JsonObject::text(std::string_view key) {
  const Json& value = at(key);
  if (!value.is_string()) wrong(where_, key, "a string");
  return value.get<std::string>();
}

std::vector<std::int64_t> JsonObject::integers(std::string_view key, std::int64_t low,
                                               std::int64_t high) {
  const Json& value = at(key);
  if (!value.is_array()) wrong(where_, key, "a list");
  std::vector<std::int64_t> out;
  for (const Json& item : value) {
    const bool whole = item.is_number_integer() &&
                       !(item.is_number_unsigned() && item.get<std::uint64_t>() > INT64_MAX);
    if (!whole || item.get<std::int64_t>() < low || item.get<std::int64_t>() > high) {
      wrong(where_, key, fmt::format("a list of whole numbers within {} and {}", low, high));
    }
    out.push_back(item.get<std::int64_t>());
  }
  return out;
}

std::vector<std::string> JsonObject::texts(std::string_view key) {
  const Json& value = at(key);
  if (!value.is_array()) wrong(where_, key, "a list");
  std::vector<std::string> out;
  for (const Json& item : value) {
    if (!item.is_string()) wrong(where_, key, "a list of strings");
    out.push_back(item.get<std::string>());
  }
  return out;
}

std::vector<double> JsonObject::numbers(std::string_view key) {
  const Json& value = at(key);
  if (!value.is_array()) wrong(where_, key, "a list");
  std::vector<double> out;
  for (const Json& item : value) {
    if (!item.is_number()) wrong(where_, key, "a list of numbers");
    out.push_back(item.get<double>());
  }
  return out;
}

std::int64_t JsonObject::integer_or(std::string_view key, std::int64_t low, std::int64_t high,
                                    std::int64_t otherwise) {
  return has(key) ? integer(key, low, high) : otherwise;
}
bool JsonObject::boolean_or(std::string_view key, bool otherwise) {
  return has(key) ? boolean(key) : otherwise;
}
double JsonObject::number_or(std::string_view key, double otherwise) {
  return has(key) ? number(key) : otherwise;
}
std::string JsonObject::text_or(std::string_view key, std::string otherwise) {
  return has(key) ? text(key) : std::move(otherwise);
}

void JsonObject::finish() const {
  for (const auto& [key, value] : object_->items()) {
    if (!seen_.contains(key))
      fail(Kind::input, "{}: the key \"{}\" is not known", where_, printable(key));
  }
}

}  // namespace mx
