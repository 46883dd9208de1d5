// SPDX-License-Identifier: Apache-2.0
// BERT's basic tokenization (Devlin et al. 2019, and its published code): control characters and
// invalid bytes are dropped, words end at white space, and every punctuation mark and every CJK
// ideograph is a word of its own. BERT "uncased" also folds case and drops accents (nonspacing
// marks after canonical decomposition); each can be had alone.
#pragma once

#include <string>
#include <string_view>

namespace mx {

struct BertFolding {
  bool lowercase = true, strip_accents = true;
};

// The words of `text`, each followed by one blank, into `words` (emptied first).
void bert_words(std::string_view text, BertFolding folding, std::string& words);

}  // namespace mx
