// SPDX-License-Identifier: Apache-2.0
#include "text/trainer.h"

#include "base/error.h"
#include "text/bpe_train.h"
#include "text/byte_tokenizer.h"
#include "text/char_tokenizer.h"
#include "text/wordpiece_train.h"

namespace mx {
namespace {

class ByteTrainer final : public TokenizerTrainer {
 public:
  explicit ByteTrainer(std::vector<std::string> specials) : specials_(std::move(specials)) {}
  void add(std::string_view) override {}
  [[nodiscard]] std::unique_ptr<Tokenizer> finish() override {
    return std::make_unique<ByteTokenizer>(number_specials(specials_, 256));
  }

 private:
  std::vector<std::string> specials_;
};

}  // namespace

std::vector<std::string> usual_specials(TokenizerKind kind) {
  switch (kind) {
    case TokenizerKind::character:
      return {std::string(kEndOfText), std::string(kUnknown)};
    case TokenizerKind::wordpiece:
      return {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    default:
      return {std::string(kEndOfText)};
  }
}

std::unique_ptr<TokenizerTrainer> make_trainer(const TokenizerOptions& options) {
  switch (options.kind) {
    case TokenizerKind::byte:
      return std::make_unique<ByteTrainer>(options.specials);
    case TokenizerKind::character:
      return std::make_unique<CharTrainer>(options.specials);
    case TokenizerKind::bpe:
      return std::make_unique<BpeTrainer>(options);
    case TokenizerKind::wordpiece:
      return std::make_unique<WordPieceTrainer>(options);
    case TokenizerKind::pieces:
      break;  // are read from other programs' files only
  }
  fail(Kind::usage, "tokenizers of the kind {} are not trained here", name_of(options.kind));
}

}  // namespace mx
