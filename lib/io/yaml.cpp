// SPDX-License-Identifier: Apache-2.0
#include "io/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>
#include <unordered_set>

#include "base/json_limit.h"
#include "base/words.h"
#include "io/input.h"

namespace mx::io {
namespace {

constexpr std::size_t kDepth = 32;
constexpr std::uint64_t kLargest = 1 << 20;

// A whole number or a float as YAML's core schema has them (decimal only), else nothing.
std::optional<Json> number(std::string_view text) {
  if (text.find_first_not_of("+-.0123456789eE") != std::string_view::npos) return std::nullopt;
  const bool plus = text.starts_with('+');
  if (plus) text.remove_prefix(1);
  if (text.find_first_of("0123456789") == std::string_view::npos) return std::nullopt;
  if (plus && text.starts_with('-')) return std::nullopt;
  const char* const end = text.data() + text.size();
  std::int64_t whole = 0;
  const auto [at, status] = std::from_chars(text.data(), end, whole);
  if (at == end && status == std::errc()) return whole;
  double real = 0;
  const auto [stop, result] = std::from_chars(text.data(), end, real);
  if (stop != end || result != std::errc() || !std::isfinite(real)) return std::nullopt;
  return real;
}

Json plain_scalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return {};
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return number(text).value_or(Json(text));
}

std::string pointer_part(const std::string& key) {
  std::string out = "/";
  for (const char c : key) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

// Builds the value from the parser's events: nothing is expanded, so nothing can explode.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(const std::string& name) : name_(name) {}
  Yaml result;

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    OnScalar(mark, "?", anchor, "");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    refuse(mark, "an alias is not supported");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check(mark, tag, anchor);
    if (!open_.empty() && open_.back().node->is_object() && !open_.back().key) {
      if (!open_.back().keys.insert(value).second) {
        refuse(mark, fmt::format("the key '{}' stands twice", printable(value)));
      }
      open_.back().key = value;
      open_.back().line = line_of(mark);
      return;
    }
    const auto [node, pointer] = place(mark, tag == "!" ? Json(value) : plain_scalar(value));
    result.texts[pointer] = value;
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    check(mark, tag, anchor);
    open(mark, Json::array());
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    check(mark, tag, anchor);
    open(mark, Json::object());
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapEnd() override { open_.pop_back(); }

  [[noreturn]] void refuse(const YAML::Mark& mark, std::string_view why) const {
    fail(Kind::usage, "{}:{}: {}", name_, mark.line + 1, why);
  }

 private:
  static std::size_t line_of(const YAML::Mark& mark) {
    return static_cast<std::size_t>(mark.line) + 1;
  }
  struct Open {
    Json* node;
    std::string pointer;
    std::optional<std::string> key = {};  // read, its value is next
    std::size_t line = 0;                 // of the key
    std::unordered_set<std::string> keys = {};
  };

  void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) const {
    if (anchor != 0) refuse(mark, "an anchor is not supported");
    if (!tag.empty() && tag != "?" && tag != "!") {
      refuse(mark, fmt::format("the tag '{}' is not supported", printable(tag)));
    }
  }
  std::pair<Json*, std::string> place(const YAML::Mark& mark, Json value) {
    Json* node = &result.value;
    std::string pointer;
    std::size_t line = line_of(mark);
    if (!open_.empty()) {
      Open& parent = open_.back();
      if (parent.node->is_array()) {
        pointer = parent.pointer + "/" + std::to_string(parent.node->size());
        parent.node->push_back({});
        node = &parent.node->back();
      } else {
        if (!parent.key) refuse(mark, "a key must be a word");
        pointer = parent.pointer + pointer_part(*parent.key);
        // The key is new: looking it up would take time in proportion to the others.
        node = &parent.node->get_ref<Json::object_t&>()
                    .emplace_back(std::move(*parent.key), Json())
                    .second;
        parent.key.reset();
        line = parent.line;
      }
    }
    if (++values_ > kMaxJsonValues) {
      refuse(mark, fmt::format("there are over {} values", kMaxJsonValues));
    }
    *node = std::move(value);
    result.lines[pointer] = line;
    return {node, std::move(pointer)};
  }
  void open(const YAML::Mark& mark, Json value) {
    if (open_.size() >= kDepth) refuse(mark, fmt::format("nested deeper than {}", kDepth));
    auto [node, pointer] = place(mark, std::move(value));
    open_.push_back({node, std::move(pointer)});
  }

  const std::string& name_;
  std::vector<Open> open_;
  std::size_t values_ = 0;
};

}  // namespace

Yaml parse_yaml(std::string_view text, const std::string& name) {
  if (!valid_utf8(text)) fail(Kind::usage, "{} is not UTF-8 text", name);
  // Control characters end or split documents inside the parser.
  const auto control = std::find_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') ||
           c == '\x7f';
  });
  if (control != text.end()) {
    fail(Kind::usage, "{}:{}: a control character is not allowed", name,
         std::count(text.begin(), control, '\n') + 1);
  }
  Builder builder(name);
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder)) {
      Builder second(name);
      if (parser.HandleNextDocument(second)) {
        fail(Kind::usage, "{} holds more than one YAML document", name);
      }
    }
  } catch (const YAML::Exception& e) {
    builder.refuse(e.mark, e.msg);
  }
  return std::move(builder.result);
}

Yaml read_yaml(const std::string& path) {
  const std::unique_ptr<Input> in = open_document(path);
  const Bytes bytes = read_all(*in, kLargest);
  return parse_yaml(text(bytes), in->name());
}

}  // namespace mx::io
