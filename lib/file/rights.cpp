// SPDX-License-Identifier: Apache-2.0
#include "file/rights.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/words.h"
#include "file/license.h"

namespace mx {
namespace {

constexpr std::string_view kWhere = "the head's rights";
constexpr std::string_view kBetween = "; ";

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += kBetween;
    out += part;
  }
  return out;
}

// Each once, in order.
class Once {
 public:
  explicit Once(std::vector<std::string>& list) : list_(list) {}
  void add(const std::string& one) {
    if (seen_.insert(one).second) list_.push_back(one);
  }
  // What join put together.
  void add_parts(std::string_view joined) {
    while (!joined.empty()) {
      const std::size_t end = std::min(joined.find(kBetween), joined.size());
      add(std::string(joined.substr(0, end)));
      joined.remove_prefix(std::min(end + kBetween.size(), joined.size()));
    }
  }

 private:
  std::vector<std::string>& list_;
  std::set<std::string> seen_;
};

std::string different(const std::vector<Rights>& all, std::string Rights::*member) {
  std::vector<std::string> parts;
  Once once(parts);
  for (const Rights& one : all) once.add_parts(one.*member);
  return join(parts);
}

Json to_json(const OwnLicense& own) {
  Json out = {{"id", own.id}, {"text", own.text}};
  out.update(to_json(own.permissions));
  return out;
}

constexpr struct {
  std::string_view key;
  std::string Rights::*member;
  std::uint64_t since;
} kTexts[] = {{"name", &Rights::name, 5},       {"owner", &Rights::owner, 1},
              {"contact", &Rights::contact, 1}, {"responsible", &Rights::responsible, 5},
              {"license", &Rights::license, 1}, {"output_terms", &Rights::output_terms, 5}};

}  // namespace

Json to_json(const Rights& rights) {
  Json out = Json::object();
  for (const auto& [key, member, since] : kTexts) {
    if (!(rights.*member).empty()) out[key] = rights.*member;
  }
  if (!rights.notices.empty()) out["notices"] = rights.notices;
  for (const OwnLicense& own : rights.own) out["own"].push_back(to_json(own));
  return out;
}

Rights rights_from_json(const Json& json, std::uint64_t version) {
  Rights out;
  JsonObject object(json, std::string(kWhere));
  for (const auto& [key, member, since] : kTexts) {
    if (version >= since) out.*member = object.text_or(key, "");
  }
  if (version >= 5) {
    if (object.has("notices")) out.notices = object.texts("notices");
    if (object.has("own")) {
      const Json& list = object.at("own");
      if (!list.is_array()) fail(Kind::input, "{}: \"own\" is not a list", kWhere);
      for (const Json& item : list) {
        JsonObject one(item, "a licence in the head");
        OwnLicense own{one.text("id"), one.text("text"), permissions_from(one)};
        one.finish();
        if (own.id == "LicenseRef-" || !own.id.starts_with("LicenseRef-") ||
            license_ids(own.id) != std::vector<std::string>{own.id}) {
          fail(Kind::input, "{}: a licence of its own is called '{}', and not LicenseRef-...",
               kWhere, printable(own.id));
        }
        out.own.push_back(std::move(own));
      }
    }
  }
  object.finish();
  return out;
}

Rights inherit_rights(const std::vector<Rights>& parents, const Rights& given) {
  Rights out = given;
  if (out.name.empty() && parents.size() == 1) out.name = parents.front().name;
  for (std::string Rights::*member : {&Rights::owner, &Rights::contact, &Rights::responsible}) {
    if ((out.*member).empty()) out.*member = different(parents, member);
  }
  out.notices.clear();
  out.own.clear();
  Once notices(out.notices);
  std::set<std::string> own_seen;
  std::vector<std::string> licenses;
  std::vector<Rights> all = parents;
  all.push_back(given);
  out.output_terms = different(all, &Rights::output_terms);
  for (const Rights& one : all) {
    for (const std::string& notice : one.notices) notices.add(notice);
    for (const OwnLicense& own : one.own) {
      if (own_seen.insert(dump_json(to_json(own))).second) out.own.push_back(own);
    }
    licenses.push_back(one.license);
  }
  out.license = all_licenses(licenses);
  return out;
}

}  // namespace mx
