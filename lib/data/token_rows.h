// SPDX-License-Identifier: Apache-2.0
// Rows of tokens that a language model is trained and measured on. Row i is window i of the text,
// moved on by `shift` tokens so that each epoch cuts the text at other places; or one document.
// Read from where the tokens lie: memory does not grow with the data. Any thread may read.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace mx {

class TokenRows {
 public:
  TokenRows() = default;
  TokenRows(const TokenRows&) = delete;
  TokenRows& operator=(const TokenRows&) = delete;
  virtual ~TokenRows() = default;

  [[nodiscard]] virtual std::uint64_t rows() const = 0;
  // What a token stands for in the text: nothing where it is special. None where that is not known:
  // of an unknown token, and where a model sees the rest of the text.
  [[nodiscard]] virtual std::optional<std::uint64_t> bytes_of(std::int32_t token) const = 0;
  [[nodiscard]] virtual std::uint64_t context() const = 0;  // tokens in a row

  // How the text is cut into rows: tokens seen, from window to window (0: rows are documents), and
  // what happens at the ends of documents ("cross", "keep", "rows").
  struct Rules {
    std::uint64_t window = 0, stride = 0;
    std::string_view boundaries;
  };
  [[nodiscard]] virtual Rules rules() const = 0;

  // All of `context` numbers. A token below 0 is padding, which comes last.
  struct Row {
    std::span<std::int32_t> ids;
    std::span<std::int32_t> targets;    // the token that follows each; below 0: not scored
    std::span<std::int32_t> documents;  // which document each is in, counted in the row from 0
  };
  // shift: below context(), and 0 for measuring. Where rows are documents it is not used.
  virtual void read(std::uint64_t row, std::uint64_t shift, const Row& to) const = 0;
};

}  // namespace mx
