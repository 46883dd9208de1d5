// SPDX-License-Identifier: Apache-2.0
#include "file/permissions.h"

#include <algorithm>

#include "base/error.h"
#include "base/words.h"

namespace mx {
namespace {

constexpr std::string_view kNames[] = {"serve", "modify", "distil", "redistribute", "commercial"};
constexpr std::string_view kAllowed[] = {"no", "unknown", "conditional", "yes"};

}  // namespace

std::string_view name_of(Permission permission) { return kNames[static_cast<int>(permission)]; }
std::string_view name_of(Allowed allowed) { return kAllowed[static_cast<int>(allowed)]; }

Allowed allowed_from(std::string_view word, std::string_view where) {
  const auto* const found = std::ranges::find(kAllowed, word);
  if (found == std::end(kAllowed)) {
    fail(Kind::input, "{}: '{}' is none of yes, conditional, no, unknown", where, printable(word));
  }
  return static_cast<Allowed>(found - std::begin(kAllowed));
}

Permissions Permissions::all(Allowed allowed) {
  Permissions out;
  out.of.fill(allowed);
  return out;
}

Permissions least(const Permissions& a, const Permissions& b) {
  Permissions out;
  std::ranges::transform(a.of, b.of, out.of.begin(),
                         [](Allowed one, Allowed other) { return std::min(one, other); });
  return out;
}

Json to_json(const Permissions& permissions) {
  Json out = Json::object();
  for (const Permission one : kPermissions) out[name_of(one)] = name_of(permissions[one]);
  return out;
}

Permissions permissions_from(JsonObject& object) {
  Permissions out;
  for (const Permission one : kPermissions) {
    out.set(one, allowed_from(object.text(name_of(one)), object.where()));
  }
  return out;
}

}  // namespace mx
