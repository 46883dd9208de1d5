// SPDX-License-Identifier: Apache-2.0
// Text as a row of a classifier: the token that begins a text where the tokenizer has one, the
// text's own, the one that ends it unless it ends documents alone; cut at the row's size (the last
// token stays), padding behind.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"

namespace mx {

inline constexpr float kPadding = -1;

class TextEncoder {
 public:
  // The tokenizer must outlive it.
  explicit TextEncoder(const Tokenizer& tokenizer);
  // Fills the row; false when the text was cut. Throws Kind::input when nothing is in it, and for
  // what the tokenizer does not know.
  bool encode(std::string_view text, std::span<float> row);

 private:
  std::unique_ptr<Encoder> encoder_;
  std::optional<TokenId> begin_, end_;
  std::vector<TokenId> ids_;
};

}  // namespace mx
