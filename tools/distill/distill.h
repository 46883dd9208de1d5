// SPDX-License-Identifier: Apache-2.0
// The one command of mx-distill.
#pragma once

#include <memory>

#include "cli/command.h"

namespace mx {

[[nodiscard]] std::unique_ptr<cli::Command> distill_command();

}  // namespace mx
