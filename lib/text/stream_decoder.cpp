// SPDX-License-Identifier: Apache-2.0
#include "text/stream_decoder.h"

#include "text/utf8.h"

namespace mx {

std::string StreamDecoder::push(TokenId id) {
  if (tokenizer_.is_special(id)) return {};
  tokenizer_.append(id, first_, pending_);
  first_ = false;
  return take(pending_.size() - unfinished_tail(pending_));
}

std::string StreamDecoder::finish() { return take(pending_.size()); }

std::string StreamDecoder::take(std::size_t bytes) {
  std::string out = replace_invalid(std::string_view(pending_).substr(0, bytes));
  pending_.erase(0, bytes);
  return out;
}

std::string replace_invalid(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Character character = decode_character(text, at);
    if (character.valid) {
      out += text.substr(at, character.size);
    } else {
      append_character(kReplacement, out);
    }
    at += character.size;
  }
  return out;
}

}  // namespace mx
