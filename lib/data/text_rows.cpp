// SPDX-License-Identifier: Apache-2.0
#include "data/text_rows.h"

#include <algorithm>

#include "base/error.h"

namespace mx {

TextEncoder::TextEncoder(const Tokenizer& tokenizer)
    : encoder_(tokenizer.encoder()), begin_(begin_token(tokenizer)) {
  if (!tokenizer.frame().open) end_ = end_token(tokenizer);
}

bool TextEncoder::encode(std::string_view text, std::span<float> row) {
  ids_.clear();
  if (begin_) ids_.push_back(*begin_);
  encoder_->encode(text, ids_);
  if (end_) ids_.push_back(*end_);
  if (ids_.empty()) fail(Kind::input, "the text is empty");
  const bool whole = ids_.size() <= row.size();
  if (!whole) {
    if (end_) ids_[row.size() - 1] = *end_;
    ids_.resize(row.size());
  }
  std::ranges::fill(std::ranges::copy(ids_, row.begin()).out, row.end(), kPadding);
  return whole;
}

}  // namespace mx
