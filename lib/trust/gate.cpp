// SPDX-License-Identifier: Apache-2.0
#include "trust/gate.h"

#include <algorithm>
#include <filesystem>
#include <ranges>

#include "base/error.h"
#include "base/words.h"
#include "file/digest.h"
#include "file/license.h"
#include "file/lineage.h"
#include "trust/standing.h"

namespace mx {
namespace {

bool names(const std::string& license, const Standing::Term& term) {
  const std::vector<std::string> ids = license_ids(license);
  const std::string base = term.license.substr(0, term.license.find(' '));
  return license == term.license || std::ranges::find(ids, base) != ids.end();
}

// " <- prune <- 0123456789ab" and so on from what the record made to what brought the term; nullopt
// where no record did.
std::optional<std::string> way_to(const Standing::Term& term, const Lineage& lineage,
                                  const Record& record, std::set<const Record*>& seen) {
  constexpr std::size_t kLongest = 1000;  // steps of a way
  if (seen.size() > kLongest || !seen.insert(&record).second) return std::nullopt;
  if (!term.of_data && names(record.given.license, term)) return "";
  for (const DataUsed& data : record.data) {
    if (term.of_data && data.sha256 == term.data) {
      return fmt::format(" <- {} <- data {}", record.operation, short_of(data.sha256));
    }
  }
  for (const Parent& parent : record.parents) {
    const Record* const maker = maker_of(lineage, parent.identity);
    if (maker == nullptr) continue;
    if (const auto rest = way_to(term, lineage, *maker, seen)) {
      return fmt::format(" <- {} <- {}{}", record.operation, short_of(parent.identity), *rest);
    }
  }
  return std::nullopt;
}

std::string_view what(Permission permission, Allowed allowed, bool of_data = false) {
  const bool no = allowed == Allowed::no;
  if (of_data && permission == Permission::modify) {
    return no ? "forbids training on it" : "does not say whether it may be trained on";
  }
  switch (permission) {
    case Permission::serve:
      return no ? "forbids serving it" : "does not say whether it may be served";
    case Permission::modify:
      return no ? "forbids making others from it"
                : "does not say whether others may be made from it";
    case Permission::distil:
      return no ? "forbids training on its outputs"
                : "does not say whether its outputs may be trained on";
    case Permission::redistribute:
      return no ? "forbids passing it on" : "does not say whether it may be passed on";
    case Permission::commercial:
      return no ? "forbids commercial use" : "does not say whether it may be used commercially";
  }
  return "";
}

constexpr std::size_t kMostWays = 16;  // looked for: a history may name a million licences

bool refuses(Allowed allowed) { return allowed == Allowed::no || allowed == Allowed::unknown; }

}  // namespace

Gate::Gate(const LicenseTable& table, std::string made, std::string reason)
    : table_(table), made_(std::move(made)), reason_(std::move(reason)) {
  made_ = made_.empty() || made_ == "-"
              ? std::string("standard output")
              : printable(std::filesystem::path(made_).filename().string());
}

void Gate::refuse(PermissionOverride::Refusal refusal, const std::string& way, bool of_data) {
  lines_.push_back(fmt::format("{} <- {}: {} {}", made_, way, printable(refusal.license),
                               what(refusal.permission, refusal.allowed, of_data)));
  if (refused_.emplace(refusal.license, refusal.permission).second) {
    refusals_.push_back(std::move(refusal));
  }
}

void Gate::model(Permission permission, std::string_view operation, const Rights& rights,
                 const Lineage& lineage, const std::string& path) {
  for (const Standing::Term& term : standing(rights, lineage, table_).terms) {
    const Allowed allowed = term.permissions[permission];
    if (!refuses(allowed)) continue;
    std::set<const Record*> seen;
    std::optional<std::string> way;
    if (!lineage.records.empty() && lines_.size() < kMostWays) {
      way = way_to(term, lineage, lineage.records.back(), seen);
    }
    refuse({term.license, permission, allowed},
           fmt::format("{} <- {}{}", operation, input_name(path), way.value_or("")), term.of_data);
  }
}

void Gate::data(std::string_view operation, const DataOptions& options) {
  PrepareOptions::check_said(options.data_license, options.data.size(), "data-license");
  for (std::size_t i = 0; i < options.data.size(); ++i) {
    data(operation, PrepareOptions::said_of(options.data_license, i), input_name(options.data[i]));
  }
}

void Gate::data(std::string_view operation, const std::vector<DataUsed>& used) {
  for (const DataUsed& one : used) {
    if (one.role != "valid" && one.role != "test") {
      data(operation, one.license, "data " + short_of(one.sha256));
    }
  }
}

void Gate::data(std::string_view operation, const std::string& license, const std::string& shown) {
  for (const Standing::Term& term : terms_of(license, {}, table_)) {
    const Allowed allowed = term.permissions[Permission::modify];
    if (!refuses(allowed)) continue;
    if (refused_.contains({term.license, Permission::modify})) continue;
    refuse({term.license, Permission::modify, allowed}, fmt::format("{} <- {}", operation, shown),
           true);
  }
}

void Gate::check() const {
  if (refusals_.empty() || !reason_.empty()) return;
  throw Error{Kind::input,
              fmt::format("refused: {}{}", lines_.front(),
                          lines_.size() == 1 ? std::string()
                                             : fmt::format(", and {} more", lines_.size() - 1)),
              "--override-permission \"reason\" does it all the same and is recorded; --policy "
              "FILE says otherwise what a licence allows (mx-pack licenses shows it)"};
}

std::optional<PermissionOverride> Gate::settle(Log& log) const {
  check();
  if (refusals_.empty()) {
    if (!reason_.empty()) {
      log.warn("--override-permission is not needed: nothing forbids this, and it is not recorded");
    }
    return std::nullopt;
  }
  for (const std::string& line : lines_ | std::views::take(kMostWays)) {
    log.warn("overridden: " + line);
  }
  if (lines_.size() > kMostWays) {
    log.warn(fmt::format("overridden: {} more, as the lineage says", lines_.size() - kMostWays));
  }
  return PermissionOverride{reason_, refusals_};
}

std::vector<std::string> overrides_of(const Lineage& lineage) {
  std::vector<std::string> out;
  for (const Record& record : lineage.records) {
    if (!record.override_permission) continue;
    for (const PermissionOverride::Refusal& one : record.override_permission->refusals) {
      if (record.operation == "import") {
        out.push_back(fmt::format("import under {} although the file says {}: {}",
                                  printable(record.given.license), printable(one.license),
                                  printable(record.override_permission->reason)));
        continue;
      }
      out.push_back(fmt::format("{} although {} {}: {}", printable(record.operation),
                                printable(one.license), what(one.permission, one.allowed),
                                printable(record.override_permission->reason)));
    }
  }
  return out;
}

}  // namespace mx
