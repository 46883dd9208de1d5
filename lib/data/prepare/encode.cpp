// SPDX-License-Identifier: Apache-2.0
#include "data/prepare/encode.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/words.h"

namespace mx {
namespace {

constexpr std::size_t kBatchBytes = 8U << 20U;

// Pieces that are encoded together, cut into runs of neighbours for the threads.
struct Batch {
  std::vector<Piece> pieces;
  std::vector<std::vector<TokenId>> ids;
  std::vector<std::size_t> answers;  // tokens in front of each
  std::size_t count = 0;

  bool fill(Pieces& from) {
    std::size_t bytes = 0;
    for (count = 0; bytes < kBatchBytes; ++count) {
      if (count == pieces.size()) {
        pieces.emplace_back();
        ids.emplace_back();
        answers.emplace_back();
      }
      if (!from.next(pieces[count])) break;
      bytes += pieces[count].text.size();
    }
    return count > 0;
  }
};

}  // namespace

Encoded encode_corpus(const Tokenizer& tokenizer, bool end, Corpus& corpus,
                      const std::optional<Tail>& tail, ThreadPool& pool, Log& log) {
  Encoded out;
  for (const std::string_view name : kPartNames) {
    out.parts.emplace_back(std::string(name), tokenizer.size(), corpus.folder());
  }
  const std::optional<TokenId> last = end ? end_token(tokenizer) : std::nullopt;
  std::vector<std::unique_ptr<Encoder>> encoders;
  for (std::size_t i = 0; i < 4 * pool.threads(); ++i) encoders.push_back(tokenizer.encoder());
  Pieces pieces(corpus, tail);
  Batch batch;
  std::uint64_t done = 0;
  bool begins = true;
  Part before = Part::none;
  while (batch.fill(pieces)) {
    pool.run(encoders.size(), [&](std::size_t share) {
      for (std::size_t i = share; i < batch.count; i += encoders.size()) {
        // Question and answer do not share a token.
        const Piece& piece = batch.pieces[i];
        const std::string_view text = piece.text;
        batch.ids[i].clear();
        const std::size_t answer = std::min(piece.answer, text.size());
        if (answer > 0) encoders[share]->encode(text.substr(0, answer), batch.ids[i]);
        batch.answers[i] = batch.ids[i].size();
        encoders[share]->encode(text.substr(answer), batch.ids[i], answer > 0 || !piece.begins);
        if (last && piece.ends) batch.ids[i].push_back(*last);
        if (piece.answer > text.size()) batch.answers[i] = batch.ids[i].size();
      }
    });
    for (std::size_t i = 0; i < batch.count; ++i) {
      const Piece& piece = batch.pieces[i];
      const auto part = static_cast<std::size_t>(piece.part);
      out.parts[part].add(batch.ids[i], begins || piece.part != before, batch.answers[i]);
      out.bytes[part] += piece.text.size();
      done += piece.text.size();
      begins = piece.ends;
      before = piece.part;
    }
    log.progress({"byte", done, corpus.bytes(), "tokenizing"});
  }
  for (const auto& encoder : encoders) out.unknown += encoder->unknown();
  return out;
}

void check_parts(const Encoded& encoded, const Fractions& fractions) {
  const std::array<bool, 3> wanted = {true, fractions.valid > 0, fractions.test > 0};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!wanted[i] || encoded.parts[i].tokens() > 0) continue;
    throw Error{Kind::input, fmt::format("no text is left for '{}'", kPartNames[i]),
                "give more text, or other fractions"};
  }
}

Json parts_json(const Encoded& encoded) {
  Json parts = Json::object();
  for (std::size_t i = 0; i < kPartNames.size(); ++i) {
    const TokenStore& store = encoded.parts[i];
    if (store.tokens() == 0) continue;
    parts[std::string(kPartNames[i])] = {
        {"tokens", store.tokens()}, {"documents", store.documents()}, {"bytes", encoded.bytes[i]}};
  }
  return parts;
}

Sha256 write_data_file(Encoded& encoded, Header header, const Lineage& lineage, io::Output& out,
                       ThreadPool& pool) {
  for (const TokenStore& store : encoded.parts) {
    for (TensorEntry& entry : store.entries()) header.tensors.push_back(std::move(entry));
  }
  WriteOptions options;
  options.stored = true;
  ModelWriter writer(out, header, pool, options);
  for (TokenStore& store : encoded.parts) store.write(writer);
  return writer.finish(lineage, {});
}

}  // namespace mx
