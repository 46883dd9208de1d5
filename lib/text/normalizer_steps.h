// SPDX-License-Identifier: Apache-2.0
// The steps of a normalizer (text/normalizer.h), as functions of a text.
#pragma once

#include <string>

#include "text/normalizer.h"

namespace mx {

// `text` becomes what the step makes of it. Throws Kind::input where that is over `most` bytes,
// before much more than those are allocated.
void apply_step(const NormalizerStep& step, Place place, std::string& text, std::size_t most);

}  // namespace mx
