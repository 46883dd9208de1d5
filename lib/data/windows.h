// SPDX-License-Identifier: Apache-2.0
// Rows of prepared text (token_rows.h): windows of it, or its documents one by one, the token that
// begins a text in front of each where the tokenizer has one.
#pragma once

#include <memory>
#include <string>

#include "data/dataset.h"
#include "data/token_rows.h"
#include "data/tokens.h"

namespace mx {

struct WindowOptions {
  std::uint64_t context = 0;
  Boundaries boundaries = Boundaries::cross;
  // A masked language model sees all tokens of a document; of others the last is a target alone.
  // Measuring, some are hidden (data/masking.h); training, the loop does that anew at each step.
  bool masked = false;
  // Training: all rows are full, and a shift moves them within the text (a rest of less than a row
  // is reached through it). Measuring: every token but the first has its place in one row, the last
  // row being filled up with padding.
  bool measuring = false;
  // Measuring windows: how far each is from the one before, at most `context` (which 0 stands for).
  // Every token is scored once, in the first window that it is in.
  std::uint64_t stride = 0;
};

// One part of `data`. Throws Kind::usage when that has fewer than two tokens.
[[nodiscard]] std::shared_ptr<const TokenRows> make_windows(std::shared_ptr<const TokenData> data,
                                                            Part part,
                                                            const WindowOptions& options);

}  // namespace mx
