// SPDX-License-Identifier: Apache-2.0
#include "pack/said_rights.h"

#include <algorithm>

#include "base/error.h"
#include "base/words.h"
#include "file/digest.h"
#include "file/layout.h"
#include "file/license.h"
#include "file/rights.h"
#include "text/json_look.h"

namespace mx::pack {
namespace {

constexpr const char* kRights = "mx.rights";
constexpr const char* kIdentity = "mx.identity";
constexpr const char* kOverrides = "mx.overrides";

// Of formats that have such a key, the first that is there.
std::string any_of(const Json& metadata, std::initializer_list<const char*> keys) {
  for (const char* const key : keys) {
    if (std::string word = word_at(metadata, {key}); !word.empty()) return word;
  }
  return "";
}

SaidRights own_keys(Json& metadata) {
  SaidRights out;
  if (const std::string text = word_at(metadata, {kRights}); !text.empty()) {
    out.rights = rights_from_json(parse_json(text, kRights), kVersion);
  }
  if (const std::string text = word_at(metadata, {kIdentity}); !text.empty()) {
    from_hex(text, out.source.emplace());
  }
  if (const std::string text = word_at(metadata, {kOverrides}); !text.empty()) {
    const Json list = parse_json(text, kOverrides);
    JsonObject object(list, kOverrides);
    out.overrides = object.texts("overrides");
    object.finish();
  }
  for (const char* const key : {kRights, kIdentity, kOverrides}) metadata.erase(key);
  return out;
}

}  // namespace

Json to_metadata(const SaidRights& said) {
  Json out = Json::object();
  const Json rights = to_json(said.rights);
  if (!said.rights.license.empty()) out["license"] = said.rights.license;
  if (!said.rights.owner.empty()) out["author"] = said.rights.owner;
  if (!rights.empty()) out[kRights] = dump_json(rights);
  if (said.source) out[kIdentity] = to_hex(*said.source);
  if (!said.overrides.empty()) out[kOverrides] = dump_json({{"overrides", said.overrides}});
  return out;
}

SaidRights take_rights(Json& metadata, const std::string& license, const LicenseTable& table,
                       Log& log) {
  SaidRights out;
  const bool ours = metadata.is_object() && metadata.contains(kRights);
  if (metadata.is_object()) out = own_keys(metadata);
  Rights& rights = out.rights;
  if (rights.owner.empty()) {
    rights.owner = any_of(metadata, {"general.author", "author", "modelspec.author"});
  }
  std::vector<std::string> all = {spelled(rights.license, table)};
  for (const std::string& one : {license, any_of(metadata, {"license", "modelspec.license"})}) {
    // What a hub calls licences that it does not know.
    const bool vague = one == "other" || one == "unknown";
    if (one.empty() || (vague && !rights.license.empty())) continue;
    if (parse_license(one)) {
      all.push_back(spelled(one, table));
    } else {
      log.warn(fmt::format("what it calls its licence is none: '{}'", printable(one)));
    }
  }
  rights.license = all_licenses(all);
  if (ours) {
    for (const char* const key : {"license", "author"}) metadata.erase(key);
  }
  return out;
}

}  // namespace mx::pack
