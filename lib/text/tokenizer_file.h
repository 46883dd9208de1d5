// SPDX-License-Identifier: Apache-2.0
// Tokenizers that other programs made: tokenizer.json (byte-level BPE with GPT-2's splitting, and
// WordPiece as BERT has it) and vocab.txt (one WordPiece token a line). What such a file asks for
// and this project does not do is refused by name, never passed over in silence.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "text/tokenizer.h"

namespace mx {

// `bytes`: a tokenizer of this project as JSON, or one of the above, told apart by their first
// character and keys. `name` is what messages call it. Throws Kind::input.
[[nodiscard]] std::unique_ptr<Tokenizer> tokenizer_from_text(std::string_view bytes,
                                                             const std::string& name);

}  // namespace mx
