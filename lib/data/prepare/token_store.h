// SPDX-License-Identifier: Apache-2.0
// Token ids of one part on their way into a file: kept on disk, then written as tensors of at most
// 64 MiB, "train.tokens.0", "train.tokens.1", ..., u16 where the vocabulary allows it, else u32;
// where the documents begin, "train.documents.0", ..., u64; and, where any has one, where their
// answers do, "train.answers.0", ..., u64.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "file/writer.h"
#include "io/scratch.h"
#include "text/tokenizer.h"

namespace mx {

inline constexpr std::uint64_t kTokenPiece = std::uint64_t{64} << 20U;  // bytes of a tensor

class TokenStore {
 public:
  TokenStore(std::string part, std::size_t vocabulary, const std::string& folder);
  // `begins`: a document begins with the first of these, and its answer behind `question` of them.
  void add(std::span<const TokenId> ids, bool begins, std::size_t question = 0);

  [[nodiscard]] std::uint64_t tokens() const { return tokens_.size() / size_of(dtype_); }
  [[nodiscard]] std::uint64_t documents() const { return starts_.size() / 8; }
  // The directory, and the tensors in its order.
  [[nodiscard]] std::vector<TensorEntry> entries() const;
  void write(ModelWriter& writer);

 private:
  void write(ModelWriter& writer, io::Scratch& from, std::span<const TensorEntry> entries);
  [[nodiscard]] std::vector<TensorEntry> pieces(const io::Scratch& of, DType dtype,
                                                std::string_view what) const;

  std::string part_;
  DType dtype_;
  io::Scratch tokens_, starts_, answers_;
  bool answered_ = false;  // some document has an answer
  std::vector<std::uint16_t> narrow_;
};

}  // namespace mx
