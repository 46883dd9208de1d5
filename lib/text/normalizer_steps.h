// SPDX-License-Identifier: Apache-2.0
// The steps of a normalizer (text/normalizer.h), as functions of a text.
#pragma once

#include <string>

#include "text/normalizer.h"

namespace mx {

// `text` becomes what the step makes of it.
void apply_step(const NormalizerStep& step, Place place, std::string& text);

}  // namespace mx
