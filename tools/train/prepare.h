// SPDX-License-Identifier: Apache-2.0
// mx-train prepare: raw text to a data file.
#pragma once

#include <memory>

#include "cli/command.h"

namespace mx {

[[nodiscard]] std::unique_ptr<cli::Command> prepare_command();

}  // namespace mx
