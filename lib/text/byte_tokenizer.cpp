// SPDX-License-Identifier: Apache-2.0
#include "text/byte_tokenizer.h"

#include <utility>

namespace mx {
namespace {

class ByteEncoder final : public Encoder {
 public:
  using Encoder::Encoder;

 private:
  void encode_part(std::string_view text, std::vector<TokenId>& ids) override {
    ids.reserve(ids.size() + text.size());
    for (const char c : text) ids.push_back(static_cast<std::uint8_t>(c));
  }
};

}  // namespace

ByteTokenizer::ByteTokenizer(TokenizerFrame frame) : Tokenizer(std::move(frame)) {
  check_added_follow(256);
  check_frame();
}

std::unique_ptr<Tokenizer> ByteTokenizer::from_json(JsonObject& object) {
  auto tokenizer = std::make_unique<ByteTokenizer>(TokenizerFrame(object));
  object.finish();
  return tokenizer;
}

std::unique_ptr<Encoder> ByteTokenizer::encoder() const {
  return std::make_unique<ByteEncoder>(*this);
}

Json ByteTokenizer::to_json() const {
  Json json = {{"kind", name_of(kind())}};
  frame().put(json);
  return json;
}

void ByteTokenizer::append_text(TokenId id, bool, std::string& out) const {
  out.push_back(static_cast<char>(static_cast<std::uint8_t>(id)));
}

}  // namespace mx
