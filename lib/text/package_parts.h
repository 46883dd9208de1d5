// SPDX-License-Identifier: Apache-2.0
// What a tokenizer.json (of the Python package tokenizers) says besides its model: normalizer,
// pre-tokenizer, post-processor, decoder and added tokens, in our terms. What is not known here is
// refused by its name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "text/bert_words.h"
#include "text/json_look.h"
#include "text/split.h"
#include "text/tokenizer.h"

namespace mx {

struct PackageParts {
  std::vector<NormalizerStep> normalize, prepare;
  std::optional<BertFolding> folding;  // BertNormalizer
  bool bert_words = false;             // BertPreTokenizer
  bool bytes = false;                  // ByteLevel
  Splits split;
  bool words = false;  // Metaspace that splits
  std::vector<AddedToken> added;
  std::optional<TokenId> begin, end;  // what the post-processor puts around a text
};

// Throws Kind::input; `name` is the file's.
[[nodiscard]] PackageParts read_package_parts(const Json& json, const std::string& name);
// The regular expression that such a file has for a split; empty where it has none.
[[nodiscard]] std::string_view package_pattern(Split split);
// "NAME: WHAT is not among the tokenizers that can be read".
[[noreturn]] void refuse_package(const std::string& name, std::string_view what);

}  // namespace mx
