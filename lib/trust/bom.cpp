// SPDX-License-Identifier: Apache-2.0
#include "trust/bom.h"

#include <algorithm>
#include <ctime>
#include <functional>
#include <set>

#include "base/error.h"
#include "base/version.h"
#include "data/schema.h"
#include "file/digest.h"
#include "file/license.h"

namespace mx {
namespace {

std::string time_text(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts = {};
  if (::gmtime_r(&time, &parts) == nullptr) fail(Kind::usage, "the time is out of range");
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

// The same for the same model: version 8 of RFC 9562, whose other bits are the identity's.
std::string uuid_of(const Sha256& identity) {
  std::string hex = to_hex(identity).substr(0, 32);
  hex[12] = '8';
  hex[16] = "89ab"[static_cast<std::size_t>(identity[8] & 3)];
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20, 12));
}

// "LicenseRef-" and what an id of SPDX may hold.
std::string reference(std::string_view id) {
  std::string out = "LicenseRef-";
  for (const char c : id) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-';
    out += plain ? c : '-';
  }
  return out;
}

// Licences as SPDX allows them: ids that are not of its list become references, which are named in
// `own`, with their text.
class Licenses {
 public:
  explicit Licenses(const CardFacts& facts) : facts_(facts) {}

  std::string operator()(const std::string& license) {
    if (license.empty() || license == "NOASSERTION") return "NOASSERTION";
    if (license == "NONE") return license;
    std::optional<LicenseExpression> expression = parse_license(license);
    if (!expression) return add(license);
    replace(*expression);
    return to_string(*expression);
  }
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& own() const { return own_; }

 private:
  void replace(LicenseExpression& expression) {
    if (expression.is == LicenseExpression::Is::one && !listed(expression.id)) {
      expression.id = add(expression.id);
    }
    for (LicenseExpression& part : expression.parts) replace(part);
  }
  [[nodiscard]] bool listed(const std::string& id) const {
    if (id.starts_with("LicenseRef-") || id == "NONE" || id == "NOASSERTION") return false;
    return std::ranges::any_of(facts_.standing.terms, [&](const Standing::Term& term) {
      return term.row != nullptr && term.license.starts_with(id);
    });
  }
  std::string add(const std::string& id) {
    const auto& rights = facts_.overview.header.rights;
    const auto mine = std::ranges::find(rights.own, id, &OwnLicense::id);
    std::string text = "A licence named " + id;
    if (mine != rights.own.end()) text = mine->text;
    const std::string name =
        reference(id.starts_with("LicenseRef-") ? std::string_view(id).substr(11) : id);
    const std::pair<std::string, std::string> one(name, text);
    if (std::ranges::find(own_, one) == own_.end()) own_.push_back(one);
    return name;
  }

  const CardFacts& facts_;
  std::vector<std::pair<std::string, std::string>> own_;
};

// Everything that the model's history names, once.
struct Ancestor {
  Sha256 digest = {};
  bool is_data = false;
  std::string role, license, source;
};
std::vector<Ancestor> ancestors(const Lineage& lineage) {
  std::vector<Ancestor> out;
  std::set<Sha256> seen;
  for (const Record& record : lineage.records) {
    for (const DataUsed& data : record.data) {
      if (seen.insert(data.sha256).second) {
        out.push_back({data.sha256, true, data.role, data.license, data.source});
      }
    }
    for (const Parent& parent : record.parents) {
      if (!seen.insert(parent.identity).second) continue;
      const auto maker = std::ranges::find(lineage.records, parent.identity, &Record::model);
      out.push_back({parent.identity, false, parent.role,
                     maker == lineage.records.end() ? std::string() : maker->given.license, ""});
    }
  }
  return out;
}

std::string name_of(const Ancestor& one) {
  return one.role + "-" + to_hex(one.digest).substr(0, 12);
}

Json hash(const Sha256& digest) {
  return Json::array({{{"alg", "SHA-256"}, {"content", to_hex(digest)}}});
}

Json license_choice(const std::string& license, Licenses& licenses) {
  const std::string text = licenses(license);
  if (text == "NOASSERTION" || text == "NONE")
    return Json::array({{{"license", {{"name", text}}}}});
  return Json::array({{{"expression", text}}});
}

Json performance(const Card& card) {
  Json out = Json::array();
  for (const CardSection& section : card.sections) {
    for (const CardLine& line : section.lines) {
      if (section.key != "quality" || !line.value.is_object()) continue;
      const std::size_t at = line.key.find('_');
      Json one = {{"type", line.key.substr(at + 1)},
                  {"value", dump_json(line.value["value"])},
                  {"slice", line.key.substr(0, at)}};
      if (line.value.contains("interval")) {
        one["confidenceInterval"] = {{"lowerBound", dump_json(line.value["interval"][0])},
                                     {"upperBound", dump_json(line.value["interval"][1])}};
      }
      out.push_back(std::move(one));
    }
  }
  return out;
}

std::vector<std::string> limits(const Card& card) {
  std::vector<std::string> out;
  for (const CardSection& section : card.sections) {
    if (section.key != "limits") continue;
    for (const CardLine& line : section.lines) {
      out.push_back(line.known == Known::missing ? "not known: " + line.label : line.text);
    }
  }
  return out;
}

std::string task_of(const Header& header) {
  if (header.schema.is_null()) return "";
  return std::string(name_of(schema_from_json(header.schema).task));
}

// Measured and declared lines that no field of the format holds.
Json properties(const Card& card) {
  Json out = Json::array();
  for (const CardSection& section : card.sections) {
    for (const CardLine& line : section.lines) {
      if (line.known == Known::missing || section.key == "data" || section.key == "lineage")
        continue;
      out.push_back(
          {{"name", fmt::format("mx:{}:{}:{}", section.key, line.key, name_of(line.known))},
           {"value", line.text}});
    }
  }
  return out;
}

}  // namespace

Json cyclonedx(const BomFacts& bom) {
  const Overview& overview = bom.facts.overview;
  const Header& header = overview.header;
  Licenses licenses(bom.facts);
  const std::string own = "mx:" + to_hex(overview.identity);

  Json model_card = {{"modelParameters", Json::object()}};
  Json& parameters = model_card["modelParameters"];
  if (const std::string task = task_of(header); !task.empty()) parameters["task"] = task;
  if (!header.family.empty()) parameters["architectureFamily"] = header.family;
  if (!header.network.empty()) {
    parameters["modelArchitecture"] = in_words(header.network, Language::english);
  }
  Json data = Json::array(), models = Json::array(), components = Json::array();
  Json depends = Json::array();
  for (const Ancestor& one : ancestors(overview.lineage)) {
    Json component = {{"type", one.is_data ? "data" : "machine-learning-model"},
                      {"bom-ref", "mx:" + to_hex(one.digest)},
                      {"name", name_of(one)},
                      {"licenses", license_choice(one.license, licenses)}};
    if (one.is_data) component["hashes"] = hash(one.digest);
    if (!one.source.empty()) component["description"] = "source: " + one.source;
    if (one.is_data) {
      data.push_back({{"ref", component["bom-ref"]}});
    } else {
      Json ancestor = component;
      ancestor["bom-ref"] = "ancestor:" + to_hex(one.digest);
      models.push_back(std::move(ancestor));
    }
    depends.push_back(component["bom-ref"]);
    components.push_back(std::move(component));
  }
  if (!data.empty()) parameters["datasets"] = std::move(data);
  const Json metrics = performance(bom.card);
  if (!metrics.empty()) model_card["quantitativeAnalysis"] = {{"performanceMetrics", metrics}};
  model_card["considerations"] = {{"technicalLimitations", limits(bom.card)}};

  Json component = {{"type", "machine-learning-model"},
                    {"bom-ref", own},
                    {"name", bom.card.title},
                    {"hashes", hash(bom.file)},
                    {"licenses", license_choice(header.rights.license, licenses)}};
  if (!header.rights.owner.empty()) {
    Json supplier = {{"name", header.rights.owner}};
    if (!header.rights.contact.empty()) {
      supplier["contact"] = Json::array({{{"name", header.rights.contact}}});
    }
    component["supplier"] = std::move(supplier);
  }
  if (!models.empty()) component["pedigree"] = {{"ancestors", std::move(models)}};
  component["modelCard"] = std::move(model_card);
  component["properties"] = properties(bom.card);
  Json dependencies = Json::array({{{"ref", own}, {"dependsOn", std::move(depends)}}});
  const Json tool = {{"type", "application"}, {"name", "mx-pack"}, {"version", version()}};
  return {{"$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json"},
          {"bomFormat", "CycloneDX"},
          {"specVersion", "1.6"},
          {"serialNumber", "urn:uuid:" + uuid_of(overview.identity)},
          {"version", 1},
          {"metadata",
           {{"timestamp", time_text(bom.created)},
            {"tools", {{"components", Json::array({tool})}}},
            {"component", std::move(component)}}},
          {"components", std::move(components)},
          {"dependencies", std::move(dependencies)}};
}

Json spdx(const BomFacts& bom) {
  const Overview& overview = bom.facts.overview;
  const Rights& rights = overview.header.rights;
  Licenses licenses(bom.facts);
  const std::string own = "SPDXRef-Model";
  std::string summary;
  for (const CardSection& section : bom.card.sections) {
    for (const CardLine& line : section.lines) {
      if (line.known == Known::missing) continue;
      summary += fmt::format("{} ({}): {}\n", line.label, name_of(line.known), line.text);
    }
  }
  const auto package = [&](const std::string& id, const std::string& name, const Sha256& digest,
                           const std::string& license, std::string_view kind) {
    const std::string text = licenses(license);
    return Json{
        {"SPDXID", id},
        {"name", name},
        {"downloadLocation", "NOASSERTION"},
        {"filesAnalyzed", false},
        {"checksums", Json::array({{{"algorithm", "SHA256"}, {"checksumValue", to_hex(digest)}}})},
        {"licenseConcluded", "NOASSERTION"},
        {"licenseDeclared", text},
        {"copyrightText", "NOASSERTION"},
        {"primaryPackagePurpose", "OTHER"},
        {"summary", std::string(kind)}};
  };
  Json model = package(own, bom.card.title, bom.file, rights.license, "a machine learning model");
  model["versionInfo"] = to_hex(overview.identity);
  if (!rights.owner.empty()) model["supplier"] = "Organization: " + rights.owner;
  if (!rights.notices.empty()) {
    model["attributionTexts"] = rights.notices;
  }
  model["comment"] = summary;
  Json packages = Json::array({std::move(model)}), relations = Json::array();
  relations.push_back({{"spdxElementId", "SPDXRef-DOCUMENT"},
                       {"relationshipType", "DESCRIBES"},
                       {"relatedSpdxElement", own}});
  for (const Ancestor& one : ancestors(overview.lineage)) {
    const std::string id = "SPDXRef-" + to_hex(one.digest).substr(0, 32);
    packages.push_back(package(id, name_of(one), one.digest, one.license,
                               one.is_data ? "data" : "a machine learning model, by its identity"));
    if (!one.source.empty()) packages.back()["sourceInfo"] = one.source;
    relations.push_back({{"spdxElementId", own},
                         {"relationshipType", one.is_data ? "DEPENDS_ON" : "DESCENDANT_OF"},
                         {"relatedSpdxElement", id}});
  }
  Json out = {{"spdxVersion", "SPDX-2.3"},
              {"dataLicense", "CC0-1.0"},
              {"SPDXID", "SPDXRef-DOCUMENT"},
              {"name", bom.card.title},
              {"documentNamespace", "urn:uuid:" + uuid_of(overview.identity)},
              {"creationInfo",
               {{"created", time_text(bom.created)},
                {"creators", Json::array({fmt::format("Tool: mx-pack-{}", version())})}}},
              {"packages", std::move(packages)},
              {"relationships", std::move(relations)}};
  for (const auto& [id, text] : licenses.own()) {
    out["hasExtractedLicensingInfos"].push_back(
        {{"licenseId", id}, {"extractedText", text}, {"name", id}});
  }
  return out;
}

}  // namespace mx
