// SPDX-License-Identifier: Apache-2.0
// What a piece of work is refused with.
#pragma once

#include <string>

#include "base/error.h"

namespace mx::test {

// The message of the Error of that kind which `work` throws; "no error" without one, and the other
// kind's number before the message when it is of another.
template <class Work>
std::string refusal(Work work, Kind kind = Kind::input) {
  try {
    work();
  } catch (const Error& error) {
    if (error.kind() == kind) return error.message();
    return fmt::format("kind {}: {}", static_cast<int>(error.kind()), error.message());
  }
  return "no error";
}

}  // namespace mx::test
