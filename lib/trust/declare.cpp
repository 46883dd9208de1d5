// SPDX-License-Identifier: Apache-2.0
#include "trust/declare.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/words.h"
#include "file/digest.h"
#include "file/license.h"
#include "io/input.h"
#include "trust/standing.h"

namespace mx {
namespace {

constexpr std::uint64_t kMostText = 256 << 10;

std::string text_of(const std::string& path, std::string_view flag) {
  const Bytes bytes = io::read_all(*io::open_document(path), kMostText);
  std::string out(bytes.begin(), bytes.end());
  if (!valid_utf8(out)) fail(Kind::input, "{} {} is not UTF-8 text", flag, printable(path));
  return out;
}

Permissions parse_permissions(const std::string& text) {
  Permissions out;
  for (const std::string& item : split(text, ',')) {
    const std::size_t at = item.find('=');
    const std::string word = item.substr(0, at);
    const auto found =
        std::ranges::find_if(kPermissions, [&](Permission one) { return name_of(one) == word; });
    if (at == std::string::npos || found == kPermissions.end()) {
      std::vector<std::string> known;
      for (const Permission one : kPermissions) known.emplace_back(name_of(one));
      const std::string closest = did_you_mean(word, known);
      throw Error{Kind::usage, fmt::format("--permissions: '{}' is no permission", printable(item)),
                  closest.empty() ? "as in serve=yes,modify=no,distil=no,redistribute=conditional"
                                  : closest};
    }
    try {
      out.set(*found, allowed_from(item.substr(at + 1), "--permissions"));
    } catch (const Error& error) {
      throw Error{Kind::usage, error.message(), error.hint()};
    }
  }
  return out;
}

void warn_of_unknown(const std::string& license, const LicenseTable& table, Log& log) {
  std::vector<std::string> known;
  for (const LicenseRow& row : table.rows()) known.push_back(row.id);
  for (const std::string& id : license_ids(license)) {
    if (table.find(id) != nullptr) continue;
    const std::string closest = did_you_mean(id, known);
    log.warn(fmt::format("what {} allows is not known, so what is made from the model is refused{}",
                         printable(id), closest.empty() ? "" : "; " + closest));
  }
}

}  // namespace

Field override_field(std::string& reason) {
  return {.group = "Rights",
          .name = "override-permission",
          .help =
              "Go on where a licence forbids it or does not say; the reason is recorded and "
              "shown from then on",
          .value = &reason,
          .affects = Affects::run,
          .meaning = "REASON"};
}

Fields RightsOptions::fields() {
  const auto field = [](std::string_view name, std::string_view help, std::string& value,
                        std::string_view meaning = {}) {
    return Field{.group = "Rights",
                 .name = name,
                 .help = help,
                 .value = &value,
                 .affects = Affects::run,
                 .meaning = meaning};
  };
  Fields out = {
      field("license",
            "Licence of the model: an SPDX expression, or a file with a licence of your own",
            license, "SPDX|FILE"),
      field("permissions",
            "What a licence of your own allows: serve, modify, distil, redistribute, commercial, "
            "each yes, conditional, no or unknown",
            permissions, "WHAT=ANSWER[,...]"),
      field("name", "What the model is called", name),
      field("owner", "Whose the model is", owner),
      field("contact", "Whom to ask about the model", contact),
      field("responsible", "Who answers for what the model does", responsible),
      field("output-terms", "Whose the model's answers are, and what may be done with them",
            output_terms)};
  out.push_back({.group = "Rights",
                 .name = "notice",
                 .help = "A text to keep with the model and all that is made from it, as a NOTICE",
                 .value = &notices,
                 .affects = Affects::run,
                 .holds = Holds::file});
  out.push_back(override_field(override_reason));
  return out;
}

Rights RightsOptions::settle(const LicenseTable& table, Log& log) const {
  Rights out{.name = name,
             .owner = owner,
             .contact = contact,
             .responsible = responsible,
             .license = license,
             .output_terms = output_terms,
             .notices = {},
             .own = {}};
  for (const std::string& file : notices) out.notices.push_back(text_of(file, "--notice"));
  std::error_code ignored;
  const bool file = may_name_file && table.find(license) == nullptr &&
                    std::filesystem::is_regular_file(license, ignored);
  if (!permissions.empty() && !file) {
    throw Error{Kind::usage, "--permissions are of a licence of your own",
                "--license FILE gives its text; --policy FILE says otherwise what others allow"};
  }
  if (license.empty()) return out;
  if (file) {
    OwnLicense own{"", text_of(license, "--license"),
                   permissions.empty() ? Permissions() : parse_permissions(permissions)};
    own.id = "LicenseRef-" + to_hex(sha256(view(own.text))).substr(0, 12);
    if (permissions.empty()) {
      log.warn(
          "what this licence allows is not said, so what is made from the model is refused: "
          "--permissions says it");
    }
    out.license = own.id;
    out.own.push_back(std::move(own));
    return out;
  }
  if (!parse_license(license)) {
    throw Error{Kind::usage,
                fmt::format("--license: '{}' is neither a licence expression nor a file",
                            printable(license)),
                "as in MIT, \"Apache-2.0 OR MIT\", LicenseRef-ours; mx-pack licenses lists those "
                "that are known"};
  }
  out.license = spelled(license, table);
  warn_of_unknown(out.license, table, log);
  return out;
}

void declare(Record& record, const Rights& given, const Rights& of_model,
             const LicenseTable& table) {
  record.given = given;
  if (given.name.empty()) return;
  Standing its;
  its.terms = terms_of(of_model.license, of_model.own, table);
  for (const std::string& prefix : its.name_prefixes()) {
    if (given.name.starts_with(prefix)) continue;
    throw Error{Kind::input,
                fmt::format("the name '{}' does not begin with '{}', as its licence demands",
                            printable(given.name), prefix),
                "--name gives another; the licence is " + printable(of_model.license)};
  }
}

}  // namespace mx
