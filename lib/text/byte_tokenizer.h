// SPDX-License-Identifier: Apache-2.0
// The tokenizer that learns nothing: ids 0 to 255 are the bytes; special tokens follow. Exact.
#pragma once

#include "text/tokenizer.h"

namespace mx {

class ByteTokenizer final : public Tokenizer {
 public:
  // The ids of the added tokens are 256, 257, ...
  explicit ByteTokenizer(TokenizerFrame frame);
  [[nodiscard]] static std::unique_ptr<Tokenizer> from_json(JsonObject& object);

  [[nodiscard]] TokenizerKind kind() const override { return TokenizerKind::byte; }
  [[nodiscard]] std::size_t size() const override { return 256 + frame().added.size(); }
  [[nodiscard]] bool exact() const override { return keeps_bytes(); }
  [[nodiscard]] std::unique_ptr<Encoder> encoder() const override;
  [[nodiscard]] Json to_json() const override;

 private:
  void append_text(TokenId id, bool first, std::string& out) const override;
};

}  // namespace mx
