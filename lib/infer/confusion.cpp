// SPDX-License-Identifier: Apache-2.0
#include "infer/confusion.h"

#include <algorithm>

#include "base/error.h"
#include "base/words.h"

namespace mx {
namespace {

constexpr std::size_t kMostShown = 20;  // classes
constexpr std::size_t kMostOfName = 16;

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

// Columns on a terminal, near enough.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

std::string short_name(const std::string& name) {
  std::string out = printable(name);
  std::size_t end = 0;
  for (std::size_t seen = 0; end < out.size(); ++end) {
    if (begins_character(out[end]) && seen++ == kMostOfName) break;
  }
  out.resize(end);
  return out;
}

std::optional<double> share(std::uint64_t part, std::uint64_t all) {
  if (all == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(all);
}

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::string cell(const std::optional<double>& value) {
  return value ? fmt::format("{:.4f}", *value) : "-";
}

// Rows of cells, the first column to the left and all others to the right.
std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    out += "  " + row[0] + std::string(widths[0] - width(row[0]), ' ');
    for (std::size_t i = 1; i < row.size(); ++i) {
      out += std::string(widths[i] + 2 - width(row[i]), ' ') + row[i];
    }
    out += '\n';
  }
  return out;
}

}  // namespace

Confusion confusion(std::span<const std::int64_t> labels, std::span<const std::int64_t> predicted,
                    std::size_t classes) {
  Confusion out;
  std::vector<std::uint64_t> of_class(classes), as_class(classes), right(classes);
  if (classes <= kMostConfused) out.counts.resize(classes * classes);
  for (std::size_t r = 0; r < labels.size(); ++r) {
    const auto truth = static_cast<std::size_t>(labels[r]);
    const auto answer = static_cast<std::size_t>(predicted[r]);
    ++of_class[truth];
    ++as_class[answer];
    if (truth == answer) ++right[truth];
    if (!out.counts.empty()) ++out.counts[truth * classes + answer];
  }
  for (std::size_t c = 0; c < classes; ++c) {
    out.classes.push_back(
        {of_class[c], share(right[c], as_class[c]), share(right[c], of_class[c])});
  }
  return out;
}

void add_to(Json& result, const Confusion& confusion, std::span<const std::string> names) {
  const std::size_t classes = confusion.classes.size();
  Json scores = Json::array();
  for (std::size_t c = 0; c < classes; ++c) {
    const ClassScore& one = confusion.classes[c];
    scores.push_back({{"name", names[c]},
                      {"precision", number(one.precision)},
                      {"recall", number(one.recall)},
                      {"n", one.n}});
  }
  result["classes"] = std::move(scores);
  if (confusion.counts.empty()) return;
  Json rows = Json::array();
  for (std::size_t c = 0; c < classes; ++c) {
    rows.push_back(std::vector<std::uint64_t>(
        confusion.counts.begin() + static_cast<std::ptrdiff_t>(c * classes),
        confusion.counts.begin() + static_cast<std::ptrdiff_t>((c + 1) * classes)));
  }
  result["confusion"] = std::move(rows);
}

std::string describe(const Confusion& confusion, std::span<const std::string> names) {
  const std::size_t classes = confusion.classes.size();
  if (classes > kMostShown) {
    return fmt::format("precision and recall of {} classes: see --json\n", classes);
  }
  std::vector<std::vector<std::string>> scores = {{"class", "rows", "precision", "recall"}};
  std::vector<std::vector<std::string>> counts = {{"true \\ predicted"}};
  for (std::size_t c = 0; c < classes; ++c) {
    const ClassScore& one = confusion.classes[c];
    scores.push_back(
        {short_name(names[c]), fmt::to_string(one.n), cell(one.precision), cell(one.recall)});
    counts[0].push_back(short_name(names[c]));
    counts.push_back({short_name(names[c])});
    for (std::size_t p = 0; p < classes; ++p) {
      counts.back().push_back(fmt::to_string(confusion.counts[c * classes + p]));
    }
  }
  return table(scores) + table(counts);
}

}  // namespace mx
