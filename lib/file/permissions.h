// SPDX-License-Identifier: Apache-2.0
// What may be done with a model or with data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/json.h"

namespace mx {

// To answer others with it; to change it, train on or from it; to teach another model by its
// answers; to pass it on; any of these for money.
enum class Permission : std::uint8_t { serve, modify, distil, redistribute, commercial };
inline constexpr std::array kPermissions = {Permission::serve, Permission::modify,
                                            Permission::distil, Permission::redistribute,
                                            Permission::commercial};
[[nodiscard]] std::string_view name_of(Permission permission);

// From the least to the most.
enum class Allowed : std::uint8_t { no, unknown, conditional, yes };
[[nodiscard]] std::string_view name_of(Allowed allowed);
// Throws Kind::input for another word than no, unknown, conditional and yes.
[[nodiscard]] Allowed allowed_from(std::string_view word, std::string_view where);

struct Permissions {
  std::array<Allowed, kPermissions.size()> of = {
      Allowed::unknown, Allowed::unknown, Allowed::unknown, Allowed::unknown, Allowed::unknown};

  [[nodiscard]] static Permissions all(Allowed allowed);
  [[nodiscard]] Allowed operator[](Permission one) const {
    return of[static_cast<std::size_t>(one)];
  }
  void set(Permission one, Allowed allowed) { of[static_cast<std::size_t>(one)] = allowed; }
  bool operator==(const Permissions&) const = default;
};
// What both allow.
[[nodiscard]] Permissions least(const Permissions& a, const Permissions& b);

[[nodiscard]] Json to_json(const Permissions& permissions);
// Takes the keys from `object`; each must be there.
[[nodiscard]] Permissions permissions_from(JsonObject& object);

}  // namespace mx
