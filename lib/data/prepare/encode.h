// SPDX-License-Identifier: Apache-2.0
// The last pass of prepare: every document that stays becomes ids, many at a time, in order.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "base/log.h"
#include "base/threads.h"
#include "data/prepare/pieces.h"
#include "data/prepare/token_store.h"

namespace mx {

inline constexpr std::array<std::string_view, 3> kPartNames = {"train", "valid", "test"};

struct Encoded {
  std::deque<TokenStore> parts;             // in the order of kPartNames
  std::array<std::uint64_t, 3> bytes = {};  // of text
  std::uint64_t unknown = 0;                // what became the unknown token
};

// `end`: the special token kEndOfText (or [SEP]) behind each document, where the tokenizer has it.
[[nodiscard]] Encoded encode_corpus(const Tokenizer& tokenizer, bool end, Corpus& corpus,
                                    const std::optional<Tail>& tail, ThreadPool& pool, Log& log);
// Throws Kind::input when a part that was asked for, or training, has no token.
void check_parts(const Encoded& encoded, const Fractions& fractions);
// {"train": {"tokens", "documents", "bytes"}, ...}: the parts that are not empty.
[[nodiscard]] Json parts_json(const Encoded& encoded);
// The container; the header's directory is filled in.
[[nodiscard]] Sha256 write_data_file(Encoded& encoded, Header header, const Lineage& lineage,
                                     io::Output& out, ThreadPool& pool);

}  // namespace mx
