// SPDX-License-Identifier: Apache-2.0
#include "pack/ancestors.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>

#include "base/error.h"
#include "base/words.h"
#include "file/digest.h"

namespace mx::pack {
namespace {

constexpr std::size_t kFewestDigits = 8;

// As a quoted string of Graphviz's.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char letter : printable(text)) {
    if (letter == '"' || letter == '\\') out += '\\';
    out += letter;
  }
  return out + "\"";
}

}  // namespace

std::vector<Ancestor> ancestors(const Overview& overview) {
  std::vector<Ancestor> out;
  std::set<Sha256> seen;
  const auto add = [&](Ancestor one) {
    if (seen.insert(one.digest).second) out.push_back(std::move(one));
  };
  for (const Record& record : overview.lineage.records) {
    for (const Parent& parent : record.parents) {
      add({parent.identity, false, parent.role, record.operation});
    }
    for (const DataUsed& data : record.data) {
      add({data.sha256, true, data.role, record.operation});
    }
  }
  if (overview.header.base) add({*overview.header.base, false, "base", "store"});
  return out;
}

std::vector<Ancestor> ancestors_like(const Overview& overview, std::string_view digits) {
  std::string wanted(digits);
  std::ranges::transform(wanted, wanted.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
  });
  if (wanted.size() < kFewestDigits || wanted.size() > 2 * Sha256().size() ||
      wanted.find_first_not_of("0123456789abcdef") != std::string::npos) {
    throw Error{Kind::usage, fmt::format("'{}' is no digest", printable(wanted)),
                "a SHA-256 in hexadecimal, or its first 8 digits or more"};
  }
  std::vector<Ancestor> out = ancestors(overview);
  std::erase_if(out, [&](const Ancestor& one) { return !to_hex(one.digest).starts_with(wanted); });
  return out;
}

std::map<Sha256, std::string> files_by_digest(const std::string& folder) {
  namespace fs = std::filesystem;
  std::map<Sha256, std::string> out;
  std::vector<std::string> paths;
  try {
    for (const fs::directory_entry& entry :
         fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
      if (entry.is_regular_file()) paths.push_back(entry.path().string());
    }
  } catch (const fs::filesystem_error& error) {
    fail(Kind::input, "cannot read {}: {}", printable(folder), error.code().message());
  }
  std::ranges::sort(paths);
  for (const std::string& path : paths) {
    try {
      out.emplace(sha256_file(path), path);
      const std::unique_ptr<io::Input> in = io::open_input(path);
      out.emplace(read_overview(*in, {.verify_sections = true}).identity, path);
    } catch (const Error&) {
      continue;  // no model, or not to be read
    }
  }
  return out;
}

std::string dot(const Overview& overview, const std::string& name) {
  std::string out = "digraph lineage {\n  rankdir=LR;\n  node [shape=box, fontname=sans];\n";
  for (const Ancestor& one : ancestors(overview)) {
    out += fmt::format("  {} [label={}, shape={}];\n", quoted(to_hex(one.digest)),
                       quoted(fmt::format("{} {}", one.role, short_of(one.digest))),
                       one.is_data ? "cylinder" : "box");
  }
  const auto& records = overview.lineage.records;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::string node = quoted(fmt::format("record {}", i));
    out += fmt::format("  {} [label={}, shape=ellipse];\n", node,
                       quoted(fmt::format("{} ({} {})", records[i].operation, records[i].tool,
                                          records[i].version)));
    if (records[i].model) {
      out += fmt::format("  {} -> {};\n", node, quoted(to_hex(*records[i].model)));
    }
    for (const Parent& parent : records[i].parents) {
      out += fmt::format("  {} -> {} [label={}];\n", quoted(to_hex(parent.identity)), node,
                         quoted(parent.role));
    }
    for (const DataUsed& data : records[i].data) {
      out += fmt::format("  {} -> {};\n", quoted(to_hex(data.sha256)), node);
    }
  }
  const std::string self = quoted(to_hex(overview.identity));
  out += fmt::format("  {} [label={}, style=bold];\n", self,
                     quoted(fmt::format("{} {}", name, short_of(overview.identity))));
  if (!records.empty()) {
    out += fmt::format("  {} -> {};\n", quoted(fmt::format("record {}", records.size() - 1)), self);
  }
  return out + "}\n";
}

}  // namespace mx::pack
