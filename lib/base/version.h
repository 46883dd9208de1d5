// SPDX-License-Identifier: Apache-2.0
// The version of this build and the commit it was made from. The definitions are written by the
// build into a source file of their own, so that a new commit recompiles nothing else.
#pragma once

#include <string_view>

namespace mx {

std::string_view version();  // "0.1.0"
std::string_view git_id();   // twelve hexadecimal digits, or "unknown" outside a git checkout

}  // namespace mx
