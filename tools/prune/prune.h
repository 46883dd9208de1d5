// SPDX-License-Identifier: Apache-2.0
// mx-prune's one command: read, choose, remove, fine-tune, measure, write.
#pragma once

#include <memory>

#include "cli/command.h"

namespace mx::prune {

[[nodiscard]] std::unique_ptr<cli::Command> prune_command();

}  // namespace mx::prune
