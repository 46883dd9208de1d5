// SPDX-License-Identifier: Apache-2.0
#include "cli/markup.h"

#include <algorithm>
#include <cmath>

#include "base/curve.h"
#include "base/error.h"
#include "base/words.h"

namespace mx::cli {
namespace {

bool all_numbers(const Json& list) {
  return std::ranges::all_of(list, [](const Json& item) { return item.is_number(); });
}
bool all_single(const Json& list) {
  return std::ranges::none_of(list, [](const Json& item) { return item.is_structured(); });
}

bool is_interval(const Json& value) {
  return value.is_array() && value.size() == 2 && all_numbers(value);
}

// What is long and has no blanks, as digests, may be broken anywhere.
std::string breakable(const std::string& html) {
  constexpr std::size_t kLong = 24;
  if (html.size() <= kLong || html.find(' ') != std::string::npos) return html;
  return "<span class=\"long\">" + html + "</span>";
}

std::string text_of(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return breakable(escaped(value.get<std::string>()));
  if (!value.is_structured()) return number_text(value);
  if (is_interval(value)) return number_text(value[0]) + " to " + number_text(value[1]);
  if (!value.is_array() || !all_single(value)) return escaped(dump_json(finite(value)));
  std::string out;
  for (const Json& item : value) out += (out.empty() ? "" : ", ") + text_of(item);
  return out;
}

constexpr std::string_view kInterval = "_interval";

// The member `key`, with its interval behind it where there is one.
Cell cell_of(const Json& object, const std::string& key) {
  const auto value = object.find(key);
  if (value == object.end()) return {};
  Cell out{text_of(*value), value->is_number() || is_interval(*value)};
  const auto interval = object.find(key + std::string(kInterval));
  if (interval != object.end() && is_interval(*interval)) {
    const auto end = [&](std::size_t i) {
      return fmt::format("{:.4g}", (*interval)[i].get<double>());
    };
    out.html += fmt::format(" <small>({} to {})</small>", end(0), end(1));
  }
  return out;
}

// Shown behind its value.
bool is_shown_interval(const Json& object, const std::string& key) {
  return key.ends_with(kInterval) && object.contains(key.substr(0, key.size() - kInterval.size()));
}

// A share as a number with a bar beside it, so that rows can be compared at a glance.
std::string bar(double value, double most) {
  const double width = most > 0 ? std::clamp(100 * value / most, 0.0, 100.0) : 0;
  return fmt::format(
      "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
      "<rect width=\"{:.1f}\" height=\"10\"/></svg>",
      width);
}

bool has_bars(std::string_view key) { return key == "sparsity" || key == "error"; }

std::vector<std::string> keys_of(const Json& objects) {
  std::vector<std::string> out;
  for (const Json& object : objects) {
    for (const auto& [key, value] : object.items()) {
      const bool known = std::ranges::find(out, key) != out.end();
      if (!known && !is_shown_interval(object, key)) out.push_back(key);
    }
  }
  return out;
}

std::string table_of_objects(std::string_view title, const Json& list, std::string_view task) {
  const std::vector<std::string> keys = keys_of(list);
  std::vector<std::string> headings;
  std::vector<double> most;
  for (const std::string& key : keys) {
    const std::string unit = unit_of(key, task);
    headings.push_back(words_of(key) + (unit.empty() || unit == key ? "" : " (" + unit + ")"));
    most.push_back(0);
    for (const Json& object : list) {
      most.back() = std::max(most.back(), number_in(object, key.c_str(), 0));
    }
    if (key == "sparsity") most.back() = 1;
  }
  std::vector<std::vector<Cell>> rows;
  for (const Json& object : list) {
    rows.emplace_back();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      Cell cell = cell_of(object, keys[i]);
      if (has_bars(keys[i]) && cell.number) {
        cell.html += bar(number_in(object, keys[i].c_str(), 0), most[i]);
      }
      rows.back().push_back(std::move(cell));
    }
  }
  return table(title, headings, rows);
}

std::string table_of_lists(std::string_view title, const Json& list) {
  std::vector<std::vector<Cell>> rows;
  std::size_t width = 0;
  for (const Json& row : list) {
    rows.emplace_back();
    for (const Json& item : row) rows.back().push_back({text_of(item), item.is_number()});
    width = std::max(width, rows.back().size());
  }
  for (auto& row : rows) row.resize(width);
  return table(title, std::vector<std::string>(width), rows);
}

bool is_list_of_objects(const Json& value) {
  return value.is_array() && !value.empty() &&
         std::ranges::all_of(value, [](const Json& item) { return item.is_object(); });
}
// An object, a list of objects, a list of lists.
bool is_table(const Json& value) {
  return value.is_object() || is_list_of_objects(value) ||
         (value.is_array() && !value.empty() &&
          std::ranges::all_of(value, [](const Json& item) { return item.is_array(); }));
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string embedded_json(const Json& value) {
  std::string out;
  for (const char c : finite(value).dump(-1, ' ', true, Json::error_handler_t::replace)) {
    if (c == '<' || c == '>' || c == '&') {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

Json finite(Json value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) return nullptr;
  if (value.is_structured()) {
    for (Json& item : value) item = finite(std::move(item));
  }
  return value;
}

std::string number_text(const Json& value) {
  if (value.is_number_unsigned() || (value.is_number_integer() && value.get<std::int64_t>() >= 0)) {
    return grouped(value.get<std::uint64_t>());
  }
  if (!value.is_number_float()) return value.dump();
  const double number = value.get<double>();
  if (std::fabs(number) >= 1e5 && std::fabs(number) < 1e15) {
    const std::string whole = grouped(static_cast<std::uint64_t>(std::llround(std::fabs(number))));
    return number < 0 ? "-" + whole : whole;
  }
  return fmt::format("{:.6g}", number);
}

std::string words_of(std::string_view key) {
  std::string out = escaped(key);
  std::ranges::replace(out, '_', ' ');
  return out;
}

std::string unit_of(std::string_view key, std::string_view task) {
  if (key.ends_with("_interval")) key.remove_suffix(std::string_view("_interval").size());
  if (key.ends_with("loss") || key.ends_with("loss_before") || key.ends_with("loss_after") ||
      key == "loss_a" || key == "loss_b") {
    return task == "regress" ? "squared error" : task.empty() ? "" : "nats";
  }
  if (key == "kl") return "nats";
  if (key == "bytes" || key.ends_with("_bytes") || key.starts_with("bytes_before")) return "bytes";
  if (key == "seconds") return "s";
  if (key.ends_with("_per_second")) return "per second";
  if (key == "error") return "share of outputs lost";
  if (key == "sparsity") return "share gone";
  return key == "share_of_peak" || key.ends_with("accuracy") ? "share" : "";
}

std::string table_of_values(const Json& result, std::string_view task) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& [key, value] : result.items()) {
    if (is_shown_interval(result, key) || value.is_null() || is_table(value)) continue;
    const std::string unit = unit_of(key, task);
    Cell cell = cell_of(result, key);
    if (cell.html.empty()) continue;
    rows.push_back({{words_of(key)}, std::move(cell), {unit == key ? "" : unit}});
  }
  return table("", {"", "", ""}, rows);
}

std::string tables_of_lists(const Json& result, std::string_view task) {
  std::string out;
  for (const auto& [key, value] : result.items()) {
    const std::string title = words_of(key);
    if (value.is_object()) {
      std::vector<std::vector<Cell>> rows;
      for (const auto& [name, item] : value.items()) {
        rows.push_back({{words_of(name)}, cell_of(value, name)});
      }
      out += table(title, {"", ""}, rows);
    } else if (is_list_of_objects(value)) {
      out += table_of_objects(title, value, task);
    } else if (is_table(value)) {
      out += table_of_lists(title, value);
    }
  }
  return out;
}

std::string table(std::string_view title, const std::vector<std::string>& headings,
                  const std::vector<std::vector<Cell>>& rows) {
  if (rows.empty()) return {};
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < headings.size(); ++i) {
    if (std::ranges::any_of(rows, [&](const auto& row) { return !row[i].html.empty(); })) {
      shown.push_back(i);
    }
  }
  std::string out = "<div class=\"wide\"><table>";
  if (!title.empty()) out += fmt::format("<caption>{}</caption>", title);
  if (std::ranges::any_of(headings, [](const std::string& text) { return !text.empty(); })) {
    out += "<thead><tr>";
    for (const std::size_t i : shown) out += fmt::format("<th scope=\"col\">{}</th>", headings[i]);
    out += "</tr></thead>";
  }
  out += "<tbody>\n";
  for (const auto& row : rows) {
    out += "<tr>";
    for (const std::size_t i : shown) {
      out += fmt::format("<td{}>{}</td>", row[i].number ? " class=\"n\"" : "", row[i].html);
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace mx::cli
