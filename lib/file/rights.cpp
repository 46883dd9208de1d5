// SPDX-License-Identifier: Apache-2.0
#include "file/rights.h"

#include <algorithm>

namespace mx {
namespace {

std::string join(const std::vector<std::string>& parts, std::string_view between) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : std::string(between)) + part;
  return out;
}

void add(std::vector<std::string>& list, const std::string& one) {
  if (!one.empty() && std::ranges::find(list, one) == list.end()) list.push_back(one);
}

// "A AND B" asks for what A and B ask for; in parentheses it is left as it is.
void add_conditions(std::vector<std::string>& list, const std::string& license) {
  constexpr std::string_view kAnd = " AND ";
  if (license.find('(') != std::string::npos) return add(list, license);
  std::size_t begin = 0;
  for (std::size_t end = 0; end != std::string::npos; begin = end + kAnd.size()) {
    end = license.find(kAnd, begin);
    add(list, license.substr(begin, end - begin));
  }
}

std::vector<std::string> different(const std::vector<const Rights*>& parents,
                                   std::string Rights::*member) {
  std::vector<std::string> out;
  for (const Rights* const parent : parents) add(out, parent->*member);
  return out;
}

}  // namespace

Fields rights_fields(Rights& rights) {
  const auto field = [](std::string_view name, std::string_view help, std::string& value) {
    return Field{
        .group = "Rights", .name = name, .help = help, .value = &value, .affects = Affects::run};
  };
  return {field("license", "Licence of the model (SPDX expression or own text)", rights.license),
          field("owner", "Whose the model is", rights.owner),
          field("contact", "Whom to ask about the model", rights.contact)};
}

Rights inherit_rights(const std::vector<const Rights*>& parents, const Rights& given) {
  Rights out = given;
  if (out.owner.empty()) out.owner = join(different(parents, &Rights::owner), "; ");
  if (out.contact.empty()) out.contact = join(different(parents, &Rights::contact), "; ");
  std::vector<std::string> licenses;
  for (const Rights* const parent : parents) add_conditions(licenses, parent->license);
  add_conditions(licenses, given.license);
  if (licenses.size() > 1) {
    for (std::string& license : licenses) {
      if (license.find(" OR ") != std::string::npos) license = "(" + license + ")";
    }
  }
  out.license = join(licenses, " AND ");
  return out;
}

}  // namespace mx
