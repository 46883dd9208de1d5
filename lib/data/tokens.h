// SPDX-License-Identifier: Apache-2.0
// A data file made by prepare, ready to train on: token ids of each part, and where the documents
// begin, read where they lie in the file. Memory does not grow with the data; opening costs no more
// than the head. Checksums are checked at first touch. Any thread may read.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/split.h"
#include "file/mapped.h"
#include "text/tokenizer.h"

namespace mx {

class TokenData {
 public:
  // Throws Kind::input for what is no data file, or one that is damaged.
  explicit TokenData(const std::string& path);
  explicit TokenData(MappedContainer container);

  [[nodiscard]] const Tokenizer& tokenizer() const { return *tokenizer_; }
  [[nodiscard]] const Overview& overview() const { return container_.overview(); }

  // Of train, valid or test; 0 for a part that the file does not have.
  [[nodiscard]] std::uint64_t tokens(Part part) const { return of(part).tokens.count; }
  [[nodiscard]] std::uint64_t documents(Part part) const { return of(part).starts.count; }
  [[nodiscard]] std::uint64_t text_bytes(Part part) const { return of(part).text_bytes; }

  // The tokens from `begin` on, as many as `out` holds; they must be there. Throws Kind::input when
  // the file is damaged there or an id is not in the vocabulary.
  void read(Part part, std::uint64_t begin, std::span<TokenId> out) const;

  // Where document `number` (from 0) lies.
  struct Range {
    std::uint64_t begin = 0, end = 0;
  };
  [[nodiscard]] Range document(Part part, std::uint64_t number) const;
  // Where its answer begins: what stands before that is neither learned nor scored. Its own
  // beginning in a part where has_answers() is false.
  [[nodiscard]] std::uint64_t answer(Part part, std::uint64_t number) const;
  [[nodiscard]] bool has_answers(Part part) const { return of(part).answers.count > 0; }
  // The document that token `at` is in.
  [[nodiscard]] std::uint64_t document_at(Part part, std::uint64_t at) const;

 private:
  struct Series {  // one sequence of numbers in several tensors
    std::vector<std::size_t> tensors;
    std::uint64_t count = 0, piece = 0;  // elements in all; in each tensor but the last
    std::size_t width = 0;               // bytes of an element
  };
  struct PartData {
    Series tokens, starts, answers;
    std::uint64_t text_bytes = 0;
  };
  [[nodiscard]] const PartData& of(Part part) const;
  [[nodiscard]] std::uint64_t number_at(const Series& series, std::uint64_t at) const;
  [[nodiscard]] std::uint64_t start(const PartData& part, std::uint64_t document) const;
  void find_tensors();
  void check(const Json& parts);

  MappedContainer container_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::array<PartData, 3> parts_;
};

}  // namespace mx
