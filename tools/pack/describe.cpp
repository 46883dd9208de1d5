// SPDX-License-Identifier: Apache-2.0
#include "pack/describe.h"

#include <algorithm>

#include "base/words.h"
#include "data/schema.h"

namespace mx::pack {
namespace {

std::string first_few(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 4;
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    out += (i == 0 ? "" : ", ") + printable(names[i]);
  }
  return names.size() > kShown ? out + ", ..." : out;
}

}  // namespace

std::string aligned(const std::vector<std::vector<std::string>>& rows, LastColumn last) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const bool right = last == LastColumn::right && c + 1 == widths.size();
      line += c > 0 ? "  " : "";
      line += right ? fmt::format("{:>{}}", row[c], widths[c])
                    : fmt::format("{:<{}}", row[c], widths[c]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

std::string schema_line(const Json& json) {
  if (json.is_null()) return "";
  const Schema schema = schema_from_json(json);
  if (scores_tokens(schema.task)) {
    return fmt::format("text, {} tokens seen at once -> {}", schema.input[0],
                       schema.task == Task::lm ? "the next token" : "masked tokens");
  }
  std::string from =
      fmt::format("{} columns ({} numbers)", schema.features.size(), schema.inputs());
  if (schema.source == Schema::Source::image) from = "images " + to_string(schema.input);
  if (schema.source == Schema::Source::text) {
    from = fmt::format("text in {}, {} tokens", printable(schema.text), schema.inputs());
  }
  if (schema.task == Task::classify) {
    return fmt::format("{} -> {}: one of {} classes ({})", from, printable(schema.label),
                       schema.classes.size(), first_few(schema.classes));
  }
  std::vector<std::string> targets;
  for (const Column& column : schema.targets) targets.push_back(column.name);
  return fmt::format("{} -> {}", from, first_few(targets));
}

std::uint64_t raw_bytes(const Header& header) {
  std::uint64_t sum = 0;
  for (const TensorEntry& entry : header.tensors) {
    sum += header.network.empty() ? byte_count(entry.dtype, entry.shape)
                                  : byte_count(DType::f32, entry.shape);
  }
  return sum;
}

Json tensors_json(const Overview& overview) {
  Json out = Json::array();
  for (const StoredTensor& tensor : overview.tensors) {
    out.push_back({{"name", tensor.entry.name},
                   {"dtype", std::string(name_of(tensor.entry.dtype))},
                   {"shape", tensor.entry.shape},
                   {"codec", std::string(name_of(tensor.codec))},
                   {"bytes", tensor.bytes}});
    if (tensor.entry.scheme == Scheme::group) out.back()["group"] = tensor.entry.group;
    if (tensor.entry.same) out.back()["same"] = overview.tensors[*tensor.entry.same].entry.name;
  }
  return out;
}

Fields effort_field(const char* group, Effort& effort) {
  return {{group, "effort", "How long to look for the smallest coding; the content is the same",
           choice(effort, {{"fast", static_cast<int>(Effort::fast)},
                           {"normal", static_cast<int>(Effort::normal)},
                           {"max", static_cast<int>(Effort::max)}})}};
}

}  // namespace mx::pack
