// SPDX-License-Identifier: Apache-2.0
// mx-train tune: the settings that train best, by successive halving.
#pragma once

#include <memory>

#include "cli/command.h"

namespace mx {

[[nodiscard]] std::unique_ptr<cli::Command> tune_command();

}  // namespace mx
