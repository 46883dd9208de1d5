// SPDX-License-Identifier: Apache-2.0
// Sizes that come from outside are multiplied, added and narrowed through these only. Each throws
// Kind::input with `what` in its message when the result does not fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace mx {

[[nodiscard]] inline std::size_t checked_mul(std::size_t a, std::size_t b, std::string_view what) {
  std::size_t out = 0;
  if (__builtin_mul_overflow(a, b, &out)) fail(Kind::input, "{} is too large", what);
  return out;
}

[[nodiscard]] inline std::size_t checked_add(std::size_t a, std::size_t b, std::string_view what) {
  std::size_t out = 0;
  if (__builtin_add_overflow(a, b, &out)) fail(Kind::input, "{} is too large", what);
  return out;
}

template <class To, class From>
[[nodiscard]] To narrow(From value, std::string_view what) {
  if (!std::in_range<To>(value)) fail(Kind::input, "{} is out of range", what);
  return static_cast<To>(value);
}

}  // namespace mx
