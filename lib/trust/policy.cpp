// SPDX-License-Identifier: Apache-2.0
#include "trust/policy.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/words.h"
#include "file/digest.h"
#include "file/license.h"
#include "infer/probe.h"
#include "io/yaml.h"
#include "trust/standing.h"

namespace mx {
namespace {

constexpr std::size_t kMostSaid = 20;

std::string closest_clause(const std::string& name) {
  const std::vector<std::string> known = {"signers",    "allowed-licenses", "permit",
                                          "unlicensed", "largest-file",     "probes",
                                          "quality",    "licenses"};
  return did_you_mean(name, known);
}

class Reading {
 public:
  explicit Reading(const std::string& path) : path_(path), yaml_(io::read_yaml(path)) {}

  Policy run() {
    out_.file = path_;
    out_.licenses = LicenseTable::standard();
    if (!yaml_.value.is_object()) fail(Kind::usage, "{} is no list of clauses", printable(path_));
    for (const auto& [name, value] : yaml_.value.items()) clause(name, value);
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse(const std::string& name, const std::string& why,
                           const std::string& hint = "") const {
    const auto line = yaml_.lines.find("/" + name);
    throw Error{Kind::usage,
                fmt::format("{}:{}: {}: {}", printable(path_),
                            line == yaml_.lines.end() ? 1 : line->second, printable(name), why),
                hint};
  }
  std::vector<std::string> texts(const std::string& name, const Json& value) const {
    std::vector<std::string> out;
    const bool list = value.is_array() &&
                      std::ranges::all_of(value, [](const Json& item) { return item.is_string(); });
    if (!list) refuse(name, "it is not a list of words");
    for (const Json& item : value) out.push_back(item.get<std::string>());
    return out;
  }
  // One of these words.
  std::size_t word(const std::string& name, const Json& value,
                   const std::vector<std::string>& words) const {
    const auto found = std::ranges::find_if(words, [&](const std::string& one) {
      return value.is_string() && value.get_ref<const std::string&>() == one;
    });
    if (found == words.end()) {
      refuse(name, fmt::format("it is none of {}", fmt::join(words, ", ")));
    }
    return static_cast<std::size_t>(found - words.begin());
  }

  void clause(const std::string& name, const Json& value) {
    if (name == "signers") {
      const auto folder = std::filesystem::path(path_).parent_path();
      const std::vector<std::string> keys = texts(name, value);
      if (keys.empty()) {
        refuse(name, "it names nobody, so no model is ever taken",
               "without the clause, signatures are not asked for");
      }
      for (const std::string& key : keys) {
        out_.signers.push_back((folder / key).string());
      }
    } else if (name == "allowed-licenses") {
      out_.allowed = texts(name, value);
    } else if (name == "permit") {
      for (const std::string& one : texts(name, value)) {
        std::vector<std::string> words;
        for (const Permission known : kPermissions) words.emplace_back(name_of(known));
        out_.permit.push_back(kPermissions[word(name, one, words)]);
      }
    } else if (name == "unlicensed") {
      out_.refuses_unlicensed = word(name, value, {"own", "refuse"}) == 1;
    } else if (name == "largest-file") {
      size(name, value);
    } else if (name == "probes") {
      out_.probes = static_cast<Policy::Probes>(word(name, value, {"any", "present", "agree"}));
    } else if (name == "quality") {
      quality(name, value);
    } else if (name == "licenses") {
      out_.licenses.add(yaml_, "/licenses", printable(path_));
    } else {
      refuse(name, "this clause is not known", closest_clause(name));
    }
  }

  void size(const std::string& name, const Json& value) {
    try {
      const auto text = yaml_.texts.find("/" + name);
      out_.largest = parse_bytes(text == yaml_.texts.end() ? dump_json(value) : text->second);
    } catch (const Error& error) {
      refuse(name, error.message(), error.hint());
    }
  }

  void quality(const std::string& name, const Json& value) {
    if (!value.is_object()) refuse(name, "it names no metrics");
    for (const auto& [metric, bounds] : value.items()) {
      Policy::Bound bound{.metric = metric};
      if (!bounds.is_object() || bounds.empty()) {
        refuse(name, printable(metric) + " has no bound", "as in accuracy: {at-least: 0.9}");
      }
      for (const auto& [side, number] : bounds.items()) {
        if ((side != "at-least" && side != "at-most") || !number.is_number()) {
          refuse(name, fmt::format("{}: {} is no bound", printable(metric), printable(side)),
                 "bounds are numbers: at-least, at-most");
        }
        (side == "at-least" ? bound.least : bound.most) = number.get<double>();
      }
      out_.quality.push_back(std::move(bound));
    }
  }

  const std::string& path_;
  io::Yaml yaml_;
  Policy out_;
};

bool allows(const Policy& policy, const LicenseExpression& license) {
  using Is = LicenseExpression::Is;
  const auto part = [&](const LicenseExpression& one) { return allows(policy, one); };
  if (license.is == Is::all) return std::ranges::all_of(license.parts, part);
  if (license.is == Is::any) return std::ranges::any_of(license.parts, part);
  const std::string wanted = spelled(license.id, policy.licenses);
  return std::ranges::any_of(*policy.allowed, [&](const std::string& one) {
    return spelled(one, policy.licenses) == wanted;
  });
}

bool allows(const Policy& policy, const std::string& license) {
  const std::optional<LicenseExpression> expression = parse_license(license);
  return expression && allows(policy, *expression);
}

void check_licenses(const Policy& policy, const Model& model, std::vector<std::string>& out) {
  const Rights& rights = model.header.rights;
  if (rights.license.empty()) {
    if (policy.refuses_unlicensed) out.emplace_back("unlicensed: it names no licence");
    if (policy.allowed) out.emplace_back("allowed-licenses: it names no licence");
  } else if (policy.allowed && !allows(policy, rights.license)) {
    out.push_back(fmt::format("allowed-licenses: it is under {}", printable(rights.license)));
  }
  if (policy.allowed) {
    std::set<std::string> seen;  // each licence is said once
    for (const DataUse& use : learned_from(model.lineage)) {
      const std::string& license = use.data->license;
      if (license.empty() || !seen.insert(license).second || allows(policy, license)) continue;
      if (out.size() >= kMostSaid) {
        out.emplace_back("allowed-licenses: more of its data are under others");
        break;
      }
      out.push_back(fmt::format("allowed-licenses: the data {} is under {}",
                                to_hex(use.data->sha256).substr(0, 12),
                                printable(use.data->license)));
    }
  }
  const Standing its = standing(rights, model.lineage, policy.licenses);
  for (const Permission one : policy.permit) {
    const Allowed allowed = its.stated ? its.permissions[one] : Allowed::yes;
    if (allowed == Allowed::yes || allowed == Allowed::conditional) continue;
    out.push_back(fmt::format("permit: {} is {}", name_of(one),
                              allowed == Allowed::no ? "forbidden" : "not known to be allowed"));
  }
}

void check_quality(const Policy& policy, const Lineage& lineage, std::vector<std::string>& out) {
  for (const Policy::Bound& bound : policy.quality) {
    const auto found =
        std::find_if(lineage.records.rbegin(), lineage.records.rend(), [&](const Record& record) {
          return record.metrics.contains(bound.metric) && record.metrics[bound.metric].is_number();
        });
    if (found == lineage.records.rend()) {
      out.push_back(fmt::format("quality: {} was never measured", printable(bound.metric)));
      continue;
    }
    const double value = found->metrics[bound.metric].get<double>();
    if (value >= bound.least && value <= bound.most) continue;
    out.push_back(value < bound.least ? fmt::format("quality: {} is {:g}, under {:g}",
                                                    printable(bound.metric), value, bound.least)
                                      : fmt::format("quality: {} is {:g}, over {:g}",
                                                    printable(bound.metric), value, bound.most));
  }
}

void check_probes(const Policy& policy, const Model& model, ThreadPool& pool,
                  std::vector<std::string>& out) {
  if (policy.probes == Policy::Probes::any) return;
  if (model.probes.empty()) out.emplace_back("probes: it has none");
  if (model.probes.empty() || policy.probes == Policy::Probes::present) return;
  try {
    const ProbeResult result = run_probes(model, pool);
    if (!result.agrees) {
      out.push_back(fmt::format("probes: they differ by {:g}", result.difference));
    }
  } catch (const Error& error) {
    if (error.kind() != Kind::input) throw;
    out.push_back("probes: they cannot be run: " + error.message());
  }
}

}  // namespace

Policy read_policy(const std::string& path) { return Reading(path).run(); }

std::vector<std::string> unmet(const Policy& policy, const Model& model, ThreadPool& pool) {
  std::vector<std::string> out;
  if (policy.file.empty()) return out;
  if (policy.largest && model.bytes > *policy.largest) {
    out.push_back(fmt::format("largest-file: it has {} bytes, over {}", grouped(model.bytes),
                              grouped(*policy.largest)));
  }
  check_licenses(policy, model, out);
  check_probes(policy, model, pool, out);
  check_quality(policy, model.lineage, out);
  return out;
}

}  // namespace mx
