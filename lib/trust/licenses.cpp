// SPDX-License-Identifier: Apache-2.0
#include "trust/licenses.h"

#include <algorithm>

#include "base/error.h"
#include "base/words.h"
#include "file/license.h"

namespace mx {
namespace {

constexpr std::string_view kDuties[] = {
    "license-text",   "notices",        "changes",          "attribution", "same-license", "source",
    "network-source", "non-commercial", "use-restrictions", "name-prefix", "display",      "users"};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

LicenseRow row_from(const std::string& id, const Json& json, const std::string& where) {
  LicenseRow out;
  out.id = id;
  JsonObject object(json, where);
  out.title = object.text_or("title", id);
  if (object.has("also")) out.also = object.texts("also");
  if (object.has("like")) out.like = object.texts("like");
  out.permissions = permissions_from(object);
  const std::string students = object.text_or("students", "bound");
  if (students != "bound" && students != "free") {
    fail(Kind::usage, "{}: students are bound or free, not '{}'", where, printable(students));
  }
  out.binds_students = students == "bound";
  if (object.has("duties")) {
    for (const std::string& word : object.texts("duties")) {
      out.duties.push_back(duty_from(word, where));
    }
  }
  out.name_prefix = object.text_or("name-prefix", "");
  out.display = object.text_or("display", "");
  out.notice = object.text_or("notice", "");
  out.source = object.text_or("source", "");
  object.finish();
  if (!out.name_prefix.empty()) out.duties.push_back(Duty::name_prefix);
  if (!out.display.empty()) out.duties.push_back(Duty::display);
  return out;
}

void spell(LicenseExpression& expression, const LicenseTable& table) {
  if (const LicenseRow* const row = table.find(expression.id)) {
    const bool plus = expression.id.ends_with('+');
    const std::string wanted =
        lower(expression.id.substr(0, expression.id.size() - (plus ? 1 : 0)));
    const auto other = std::ranges::find_if(
        row->like, [&](const std::string& name) { return lower(name) == wanted; });
    expression.id = other == row->like.end() ? row->id : *other;
    if (plus) expression.id += '+';
  }
  for (LicenseExpression& part : expression.parts) spell(part, table);
}

}  // namespace

std::string_view name_of(Duty duty) { return kDuties[static_cast<int>(duty)]; }

Duty duty_from(std::string_view word, std::string_view where) {
  const auto* const found = std::ranges::find(kDuties, word);
  if (found == std::end(kDuties)) {
    std::vector<std::string> known(std::begin(kDuties), std::end(kDuties));
    throw Error{Kind::usage, fmt::format("{}: '{}' is no duty", where, printable(word)),
                did_you_mean(word, known)};
  }
  return static_cast<Duty>(found - std::begin(kDuties));
}

LicenseTable LicenseTable::standard() {
  constexpr const char* kName = "the table of licences";
  LicenseTable out;
  out.add(io::parse_yaml(license_yaml(), kName), "", kName);
  return out;
}

void LicenseTable::add(const io::Yaml& yaml, const std::string& at, const std::string& name) {
  const Json& rows = at.empty() ? yaml.value : yaml.value.at(Json::json_pointer(at));
  if (!rows.is_object()) fail(Kind::usage, "{}: licences are named, each with its values", name);
  for (const auto& [id, json] : rows.items()) {
    std::string escaped = at + "/";
    for (const char c : id) escaped += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    const auto line = yaml.lines.find(escaped);
    const std::string where = line == yaml.lines.end()
                                  ? fmt::format("{}: {}", name, printable(id))
                                  : fmt::format("{}:{}: {}", name, line->second, printable(id));
    LicenseRow row;
    try {
      row = row_from(id, json, where);
    } catch (const Error& error) {
      throw Error{Kind::usage, error.message(), error.hint()};
    }
    const auto same = std::ranges::find(rows_, row.id, &LicenseRow::id);
    if (same == rows_.end()) {
      rows_.push_back(std::move(row));
    } else {
      *same = std::move(row);
    }
  }
}

const LicenseRow* LicenseTable::find(std::string_view id) const {
  const std::string wanted = lower(id.ends_with('+') ? id.substr(0, id.size() - 1) : id);
  const auto is = [&](const std::string& name) { return lower(name) == wanted; };
  const auto found = std::ranges::find_if(rows_, [&](const LicenseRow& row) {
    return is(row.id) || std::ranges::any_of(row.also, is) || std::ranges::any_of(row.like, is);
  });
  return found == rows_.end() ? nullptr : &*found;
}

std::string spelled(const std::string& license, const LicenseTable& table) {
  std::optional<LicenseExpression> expression = parse_license(license);
  if (!expression) return license;
  spell(*expression, table);
  return to_string(*expression);
}

}  // namespace mx
