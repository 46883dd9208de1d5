// SPDX-License-Identifier: Apache-2.0
#include "data/prepare/choose_tokenizer.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/error.h"
#include "base/words.h"
#include "data/prepare/pieces.h"
#include "file/forward.h"
#include "file/reader.h"
#include "io/input.h"
#include "text/hash.h"
#include "text/tokenizer_file.h"
#include "text/trainer.h"

namespace mx {
namespace {

constexpr std::array<TokenizerKind, 4> kKinds = {TokenizerKind::byte, TokenizerKind::character,
                                                 TokenizerKind::bpe, TokenizerKind::wordpiece};

std::optional<TokenizerKind> kind_of(std::string_view word) {
  for (const TokenizerKind kind : kKinds) {
    if (name_of(kind) == word) return kind;
  }
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const std::string& word) {
  if (kind_of(word)) return nullptr;
  std::error_code ignored;
  if (word.find_first_of("./") == std::string::npos && !std::filesystem::exists(word, ignored)) {
    const std::vector<std::string> kinds = {"byte", "char", "bpe", "wordpiece"};
    throw Error{Kind::usage,
                fmt::format("--tokenizer {} is none of byte, char, bpe, wordpiece, and no file",
                            printable(word)),
                did_you_mean(word, kinds)};
  }
  return read_tokenizer(word);
}

std::unique_ptr<TokenizerTrainer> make_trainer(const std::string& kind, std::size_t vocab,
                                               bool lowercase,
                                               const std::vector<std::string>& special) {
  TokenizerOptions settings;
  settings.kind = kind_of(kind).value();
  settings.vocab = vocab;
  settings.lowercase = lowercase;
  settings.specials = usual_specials(settings.kind);
  settings.specials.insert(settings.specials.end(), special.begin(), special.end());
  return make_trainer(settings);
}

std::unique_ptr<Tokenizer> read_tokenizer(const std::string& path) {
  constexpr std::uint64_t kMost = std::uint64_t{64} << 20U;
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return tokenizer_from_folder(path);
  const std::unique_ptr<io::Input> in = io::open_input(path);
  if (is_container(*in)) {
    const Overview overview = read_overview(*in);
    const auto found = overview.header.extra.is_object() ? overview.header.extra.find("tokenizer")
                                                         : overview.header.extra.end();
    if (!overview.header.extra.is_object() || found == overview.header.extra.end()) {
      fail(Kind::input, "{} holds no tokenizer", path);
    }
    return tokenizer_from_json(*found, fmt::format("the tokenizer of {}", path));
  }
  return tokenizer_from_text(text(io::read_all(*in, kMost)), path);
}

std::unique_ptr<Tokenizer> train_tokenizer(const PrepareOptions& options, Corpus& corpus,
                                           const std::optional<Tail>& tail, Log& log) {
  const TokenizerKind kind = kind_of(options.tokenizer).value();
  const std::unique_ptr<TokenizerTrainer> trainer =
      make_trainer(options.tokenizer, static_cast<std::size_t>(options.vocab), options.lowercase,
                   options.special);
  // Characters are collected from all of the text, whatever its size.
  const auto most =
      kind == TokenizerKind::character ? corpus.bytes() : parse_bytes(options.tokenizer_sample);
  const double share = static_cast<double>(most) / static_cast<double>(corpus.bytes());
  Pieces pieces(corpus, tail);
  Piece piece;
  std::uint64_t done = 0;
  while (kind != TokenizerKind::byte && pieces.next(piece)) {
    done += piece.text.size();
    if (piece.part != Part::train) continue;
    const double drawn = static_cast<double>(hash_numbers(piece.document, 1)) * 0x1p-64;
    if (share < 1 && drawn >= share) continue;
    trainer->add(piece.text);
    log.progress({"byte", done, corpus.bytes(), "training the tokenizer"});
  }
  return trainer->finish();
}

}  // namespace mx
