// SPDX-License-Identifier: Apache-2.0
#include "file/license.h"

#include <algorithm>
#include <set>

#include "base/error.h"

namespace mx {
namespace {

constexpr int kDeepest = 16;
constexpr std::size_t kLongest = 4096;  // what is longer is no expression

bool is_id(std::string_view word) {
  if (word.ends_with('+')) word.remove_suffix(1);
  return !word.empty() && std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == ':';
  });
}

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool is_operator(std::string_view word) {
  return word == "AND" || word == "OR" || word == "WITH" || word == "and" || word == "or" ||
         word == "with";
}

// One that was put together; a single part is itself.
LicenseExpression of_parts(LicenseExpression::Is is, std::vector<LicenseExpression> parts) {
  if (parts.size() == 1) return std::move(parts.front());
  return {is, "", "", std::move(parts)};
}

// OR binds the least, then AND, then WITH.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) { next(); }

  std::optional<LicenseExpression> whole() {
    std::optional<LicenseExpression> out = any(0);
    return word_.empty() && rest_.empty() ? out : std::nullopt;
  }

 private:
  void next() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    std::size_t size = std::min(rest_.find_first_of(" ()"), rest_.size());
    if (size == 0 && !rest_.empty()) size = 1;  // a parenthesis
    word_ = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  bool take(std::string_view upper, std::string_view lower) {
    if (word_ != upper && word_ != lower) return false;
    next();
    return true;
  }

  std::optional<LicenseExpression> any(int depth) {
    std::vector<LicenseExpression> parts;
    do {
      std::optional<LicenseExpression> part = all(depth);
      if (!part) return std::nullopt;
      parts.push_back(std::move(*part));
    } while (take("OR", "or"));
    return of_parts(LicenseExpression::Is::any, std::move(parts));
  }
  std::optional<LicenseExpression> all(int depth) {
    std::vector<LicenseExpression> parts;
    do {
      std::optional<LicenseExpression> part = one(depth);
      if (!part) return std::nullopt;
      parts.push_back(std::move(*part));
    } while (take("AND", "and"));
    return of_parts(LicenseExpression::Is::all, std::move(parts));
  }
  std::optional<LicenseExpression> one(int depth) {
    if (take("(", "(")) {
      std::optional<LicenseExpression> inner = depth < kDeepest ? any(depth + 1) : std::nullopt;
      return take(")", ")") ? inner : std::nullopt;
    }
    LicenseExpression out;
    if (!name(out.id)) return std::nullopt;
    if (take("WITH", "with") && !name(out.exception)) return std::nullopt;
    return out;
  }
  bool name(std::string& to) {
    if (!is_id(word_) || is_operator(word_)) return false;
    to = word_;
    // SPDX compares what it wrote in any case: one form, so that no licence passes for another.
    for (const std::string_view prefix : {"LicenseRef-", "DocumentRef-"}) {
      if (same_letters(to.substr(0, prefix.size()), prefix)) to.replace(0, prefix.size(), prefix);
    }
    next();
    return true;
  }

  std::string_view rest_, word_;
};

void add_ids(const LicenseExpression& expression, std::vector<std::string>& out) {
  if (expression.is == LicenseExpression::Is::one) out.push_back(expression.id);
  for (const LicenseExpression& part : expression.parts) add_ids(part, out);
}

}  // namespace

std::optional<LicenseExpression> parse_license(std::string_view text) {
  return text.size() > kLongest ? std::nullopt : Parser(text).whole();
}

std::string to_string(const LicenseExpression& expression) {
  using Is = LicenseExpression::Is;
  if (expression.is == Is::one) {
    return expression.exception.empty() ? expression.id
                                        : expression.id + " WITH " + expression.exception;
  }
  std::string out;
  for (const LicenseExpression& part : expression.parts) {
    if (!out.empty()) out += expression.is == Is::all ? " AND " : " OR ";
    // An "all" within an "any" needs none, but they make it easier to read.
    const std::string inner = to_string(part);
    out += part.is == Is::one ? inner : fmt::format("({})", inner);
  }
  return out;
}

std::vector<std::string> license_parts(std::string_view text) {
  if (text.empty()) return {};
  const std::optional<LicenseExpression> expression = parse_license(text);
  if (!expression) return {std::string(text)};
  if (expression->is != LicenseExpression::Is::all) return {to_string(*expression)};
  std::vector<std::string> out;
  for (const LicenseExpression& part : expression->parts) {
    for (std::string& inner : license_parts(to_string(part))) out.push_back(std::move(inner));
  }
  return out;
}

std::string all_licenses(const std::vector<std::string>& licenses) {
  std::vector<std::string> parts;
  std::set<std::string> seen;
  for (const std::string& license : licenses) {
    for (std::string& part : license_parts(license)) {
      if (seen.insert(part).second) parts.push_back(std::move(part));
    }
  }
  if (parts.size() == 1) return parts.front();
  std::string out;
  for (const std::string& part : parts) {
    const std::optional<LicenseExpression> expression = parse_license(part);
    const bool single = !expression || expression->is == LicenseExpression::Is::one;
    if (!out.empty()) out += " AND ";
    out += single ? part : fmt::format("({})", part);
  }
  return out;
}

std::vector<std::string> license_ids(std::string_view text) {
  std::vector<std::string> out;
  if (const auto expression = parse_license(text)) add_ids(*expression, out);
  return out;
}

}  // namespace mx
