// SPDX-License-Identifier: Apache-2.0
// What an mx::Error says, for tests of refusals; empty when nothing was thrown.
#pragma once

#include <string>

#include "base/error.h"

namespace mx {

template <class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.message();
  }
  return {};
}

}  // namespace mx
