// SPDX-License-Identifier: Apache-2.0
#include "data/tokens.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/words.h"

namespace mx {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"train", "valid", "test"};
constexpr std::int64_t kMost = std::int64_t{1} << 53;

}  // namespace

TokenData::TokenData(const std::string& path) : TokenData(MappedContainer(path)) {}

TokenData::TokenData(MappedContainer container) : container_(std::move(container)) {
  const Header& header = overview().header;
  if (header.kind != FileKind::data || !header.extra.is_object() ||
      !header.extra.contains("tokenizer")) {
    throw Error{Kind::input, "the file holds no prepared text",
                "mx-train prepare makes such files"};
  }
  JsonObject extra(header.extra, "the data file's head");
  tokenizer_ = tokenizer_from_json(extra.at("tokenizer"), "the data file's tokenizer");
  find_tensors();
  check(extra.at("parts"));
  extra.finish();
}

// Tensors come as train.tokens.0, train.tokens.1, ..., train.documents.0, ... and so on.
void TokenData::find_tensors() {
  const std::vector<TensorEntry>& entries = overview().header.tensors;
  std::size_t at = 0;
  const DType wanted = tokenizer_->size() <= 65536 ? DType::u16 : DType::u32;
  const auto take = [&](Series& series, std::string_view part, std::string_view what, DType dtype) {
    series.width = size_of(dtype);
    for (; at < entries.size(); ++at) {
      const TensorEntry& entry = entries[at];
      if (entry.name != fmt::format("{}.{}.{}", part, what, series.tensors.size())) return;
      const std::uint64_t count = element_count(entry.shape);
      // All but the last are equally long.
      const bool fits =
          series.tensors.empty() ||
          (series.count == series.piece * series.tensors.size() && count <= series.piece);
      if (entry.dtype != dtype || entry.shape.size() != 1 || count == 0 || !fits) {
        fail(Kind::input, "tensor {} of the data file does not belong there",
             printable(entry.name));
      }
      if (series.tensors.empty()) series.piece = count;
      series.tensors.push_back(at);
      series.count += count;
    }
  };
  for (std::size_t part = 0; part < kNames.size(); ++part) {
    take(parts_[part].tokens, kNames[part], "tokens", wanted);
    take(parts_[part].starts, kNames[part], "documents", DType::u64);
    take(parts_[part].answers, kNames[part], "answers", DType::u64);
  }
  if (at != entries.size()) {
    fail(Kind::input, "tensor {} of the data file does not belong there",
         printable(entries[at].name));
  }
}

void TokenData::check(const Json& parts) {
  JsonObject object(parts, "the data file's parts");
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    PartData& part = parts_[i];
    std::int64_t tokens = 0, documents = 0;
    if (object.has(kNames[i])) {
      JsonObject facts(object.at(kNames[i]), "the data file's parts");
      tokens = facts.integer("tokens", 1, kMost);
      documents = facts.integer("documents", 1, kMost);
      part.text_bytes = static_cast<std::uint64_t>(facts.integer("bytes", 0, kMost));
      facts.finish();
    }
    if (static_cast<std::uint64_t>(tokens) != part.tokens.count ||
        static_cast<std::uint64_t>(documents) != part.starts.count ||
        (part.answers.count > 0 && part.answers.count != part.starts.count)) {
      fail(Kind::input, "the data file's head and its tensors disagree on '{}'", kNames[i]);
    }
  }
  object.finish();
}

const TokenData::PartData& TokenData::of(Part part) const {
  return parts_.at(static_cast<std::size_t>(part));
}

void TokenData::read(Part part, std::uint64_t begin, std::span<TokenId> out) const {
  const Series& series = of(part).tokens;
  if (begin > series.count || out.size() > series.count - begin) {
    fail(Kind::failed, "tokens are read beyond the end of the data");
  }
  while (!out.empty()) {
    const std::uint64_t from = begin % series.piece;
    const std::uint64_t count = std::min<std::uint64_t>(out.size(), series.piece - from);
    const ByteView bytes =
        container_.bytes(series.tensors[static_cast<std::size_t>(begin / series.piece)],
                         from * series.width, count * series.width);
    for (std::size_t i = 0; i < count; ++i) {
      TokenId id = 0;
      std::memcpy(&id, bytes.data() + i * series.width, series.width);
      out[i] = id;
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (out[i] >= tokenizer_->size()) {
        fail(Kind::input, "the data file has the token {}, its vocabulary {}", out[i],
             tokenizer_->size());
      }
    }
    begin += count;
    out = out.subspan(static_cast<std::size_t>(count));
  }
}

std::uint64_t TokenData::number_at(const Series& series, std::uint64_t at) const {
  const ByteView bytes =
      container_.bytes(series.tensors[static_cast<std::size_t>(at / series.piece)],
                       at % series.piece * series.width, series.width);
  std::uint64_t out = 0;
  std::memcpy(&out, bytes.data(), sizeof(out));
  return out;
}

std::uint64_t TokenData::start(const PartData& part, std::uint64_t document) const {
  const std::uint64_t at = number_at(part.starts, document);
  if (at > part.tokens.count || (document == 0 && at != 0)) {
    fail(Kind::input, "a document of the data file begins outside of it");
  }
  return at;
}

TokenData::Range TokenData::document(Part part, std::uint64_t number) const {
  const PartData& data = of(part);
  if (number >= data.starts.count) fail(Kind::failed, "there is no document {}", number);
  const Range range{start(data, number),
                    number + 1 < data.starts.count ? start(data, number + 1) : data.tokens.count};
  if (range.begin > range.end) fail(Kind::input, "the data file's documents are not in order");
  return range;
}

std::uint64_t TokenData::answer(Part part, std::uint64_t number) const {
  const Range range = document(part, number);
  if (!has_answers(part)) return range.begin;
  const std::uint64_t at = number_at(of(part).answers, number);
  if (at < range.begin || at > range.end) {
    fail(Kind::input, "an answer of the data file begins outside of its document");
  }
  return at;
}

std::uint64_t TokenData::document_at(Part part, std::uint64_t at) const {
  const PartData& data = of(part);
  if (at >= data.tokens.count) fail(Kind::failed, "there is no token {}", at);
  std::uint64_t low = 0, high = data.starts.count;  // the answer is in [low, high)
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (start(data, middle) <= at ? low : high) = middle;
  }
  return low;
}

}  // namespace mx
