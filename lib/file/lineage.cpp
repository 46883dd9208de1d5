// SPDX-License-Identifier: Apache-2.0
#include "file/lineage.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <limits>
#include <map>
#include <string_view>
#include <unordered_set>

#include "base/bytes.h"
#include "base/error.h"
#include "base/version.h"
#include "file/digest.h"
#include "file/layout.h"
#include "file/rights.h"

namespace mx {
namespace {

constexpr std::string_view kLineage = "the lineage";
constexpr std::int64_t kAny = std::numeric_limits<std::int64_t>::max();

using DigestToJson = std::function<Json(const Sha256&)>;
using DigestFromJson = std::function<Sha256(JsonObject&, std::string_view key)>;

Permission permission_from(std::string_view word) {
  for (const Permission one : kPermissions) {
    if (name_of(one) == word) return one;
  }
  fail(Kind::input, "{} names an unknown permission", kLineage);
}

PermissionOverride override_from_json(const Json& json) {
  PermissionOverride out;
  JsonObject object(json, "an override in the lineage");
  out.reason = object.text("reason");
  const Json& list = object.at("refused");
  if (!list.is_array()) fail(Kind::input, "{}: \"refused\" is not a list", kLineage);
  for (const Json& item : list) {
    JsonObject refused(item, "an override in the lineage");
    PermissionOverride::Refusal one;
    one.license = refused.text("license");
    one.permission = permission_from(refused.text("permission"));
    one.allowed = allowed_from(refused.text("allowed"), kLineage);
    refused.finish();
    out.refusals.push_back(std::move(one));
  }
  object.finish();
  return out;
}

Json records_to_json(const Lineage& lineage, const DigestToJson& digest) {
  Json records = Json::array();
  for (const Record& record : lineage.records) {
    Json out = {{"operation", record.operation},
                {"tool", record.tool},
                {"version", record.version},
                {"options", record.options}};
    if (record.seed) out["seed"] = *record.seed;
    if (record.model) out["model"] = digest(*record.model);
    if (Json rights = to_json(record.given); !rights.empty()) out["rights"] = std::move(rights);
    if (record.override_permission) out["override"] = override_json(*record.override_permission);
    Json parents = Json::array();
    for (const Parent& parent : record.parents) {
      parents.push_back({{"sha256", digest(parent.identity)}, {"role", parent.role}});
    }
    out["parents"] = std::move(parents);
    Json data = Json::array();
    for (const DataUsed& used : record.data) {
      Json item = {{"sha256", digest(used.sha256)}, {"rows", used.rows}, {"role", used.role}};
      if (!used.license.empty()) item["license"] = used.license;
      if (!used.source.empty()) item["source"] = used.source;
      data.push_back(std::move(item));
    }
    out["data"] = std::move(data);
    out["metrics"] = record.metrics;
    if (record.time) out["time"] = *record.time;
    records.push_back(std::move(out));
  }
  return records;
}

Record record_from_json(const Json& json, const DigestFromJson& digest, std::uint64_t version) {
  Record record;
  JsonObject object(json, "a lineage record");
  record.operation = object.text("operation");
  record.tool = object.text("tool");
  record.version = object.text("version");
  record.options = object.at("options");
  if (object.has("seed")) {
    const Json& seed = object.at("seed");
    if (!seed.is_number_unsigned()) fail(Kind::input, "{} has a seed that is no number", kLineage);
    record.seed = seed.get<std::uint64_t>();
  }
  if (version >= 5) {
    if (object.has("model")) record.model = digest(object, "model");
    if (object.has("rights")) record.given = rights_from_json(object.at("rights"), version);
    if (object.has("override")) {
      record.override_permission = override_from_json(object.at("override"));
    }
  }
  const auto items = [&](std::string_view key) -> const Json& {
    const Json& list = object.at(key);
    if (!list.is_array()) fail(Kind::input, "{}: \"{}\" is not a list", kLineage, key);
    return list;
  };
  for (const Json& item : items("parents")) {
    JsonObject parent(item, "a parent in the lineage");
    record.parents.push_back({digest(parent, "sha256"), parent.text("role")});
    parent.finish();
  }
  for (const Json& item : items("data")) {
    JsonObject used(item, "data in the lineage");
    record.data.push_back(
        {digest(used, "sha256"), static_cast<std::uint64_t>(used.integer("rows", 0, kAny)),
         used.text("role"), used.text_or("license", ""), used.text_or("source", "")});
    used.finish();
  }
  record.metrics = object.at("metrics");
  if (!record.options.is_object() || !record.metrics.is_object()) {
    fail(Kind::input, "{} has options or metrics that are no object", kLineage);
  }
  if (object.has("time")) record.time = object.integer("time", 0, kAny);
  object.finish();
  return record;
}

Lineage records_from_json(const Json& json, const DigestFromJson& digest, std::uint64_t version) {
  if (!json.is_array()) fail(Kind::input, "{} is not a list", kLineage);
  Lineage lineage;
  for (const Json& item : json) lineage.records.push_back(record_from_json(item, digest, version));
  return lineage;
}

}  // namespace

Json to_json(const Lineage& lineage) {
  return records_to_json(lineage, [](const Sha256& digest) { return Json(to_hex(digest)); });
}

Lineage lineage_from_json(const Json& json) {
  return records_from_json(
      json,
      [](JsonObject& object, std::string_view key) {
        Sha256 digest;
        from_hex(object.text(key), digest);
        return digest;
      },
      kVersion);
}

CompactLineage compact(const Lineage& lineage) {
  CompactLineage out;
  std::map<Sha256, std::size_t> numbers;
  out.json = records_to_json(lineage, [&](const Sha256& digest) {
    const auto [at, fresh] = numbers.emplace(digest, out.digests.size());
    if (fresh) out.digests.push_back(digest);
    return Json(at->second);
  });
  return out;
}

Lineage expand(const CompactLineage& compact, std::uint64_t version) {
  const auto last = static_cast<std::int64_t>(compact.digests.size()) - 1;
  return records_from_json(
      compact.json,
      [&](JsonObject& object, std::string_view key) {
        return compact.digests[static_cast<std::size_t>(object.integer(key, 0, last))];
      },
      version);
}

Record make_record(std::string operation, std::string tool, Json options) {
  Record record;
  record.operation = std::move(operation);
  record.tool = std::move(tool);
  record.version = version();
  record.options = std::move(options);
  if (const char* const epoch = std::getenv("SOURCE_DATE_EPOCH"); epoch != nullptr) {
    const std::string_view text(epoch);
    std::int64_t time = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), time);
    if (error != std::errc() || end != text.data() + text.size() || time < 0) {
      fail(Kind::usage, "SOURCE_DATE_EPOCH is not a number of seconds: {}", text);
    }
    record.time = time;
  }
  return record;
}

Lineage extend(const std::vector<Past>& parents, Record record) {
  Lineage out;
  std::unordered_set<std::string> seen;
  for (const Past& parent : parents) {
    std::vector<Record> records = parent.lineage->records;
    if (!records.empty()) records.back().model = parent.identity;
    for (Record& old : records) {
      if (!seen.insert(dump_json(to_json(Lineage{{old}}))).second) continue;
      out.records.push_back(std::move(old));
    }
  }
  out.records.push_back(std::move(record));
  return out;
}

const Record* maker_of(const Lineage& lineage, const Sha256& model) {
  const auto found = std::ranges::find(lineage.records, model, &Record::model);
  return found == lineage.records.end() ? nullptr : &*found;
}

std::vector<Parent> distinct_parents(const Record& record) {
  std::vector<Parent> out;
  std::map<Sha256, std::size_t> numbers;
  for (const Parent& parent : record.parents) {
    const auto [at, fresh] = numbers.emplace(parent.identity, out.size());
    if (fresh) {
      out.push_back(parent);
    } else {
      out[at->second].role += ", " + parent.role;
    }
  }
  return out;
}

Json parents_json(const std::vector<Parent>& parents) {
  Json out = Json::array();
  for (const Parent& parent : parents) {
    out.push_back({{"sha256", to_hex(parent.identity)}, {"role", parent.role}});
  }
  return out;
}

Json data_json(const std::vector<DataUsed>& data) {
  Json out = Json::array();
  for (const DataUsed& used : data) {
    out.push_back({{"sha256", to_hex(used.sha256)},
                   {"rows", used.rows},
                   {"role", used.role},
                   {"license", used.license},
                   {"source", used.source}});
  }
  return out;
}

Json override_json(const PermissionOverride& overridden) {
  Json out = {{"reason", overridden.reason}, {"refused", Json::array()}};
  for (const PermissionOverride::Refusal& one : overridden.refusals) {
    out["refused"].push_back({{"license", one.license},
                              {"permission", name_of(one.permission)},
                              {"allowed", name_of(one.allowed)}});
  }
  return out;
}

}  // namespace mx
