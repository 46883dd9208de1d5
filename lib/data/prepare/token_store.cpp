// SPDX-License-Identifier: Apache-2.0
#include "data/prepare/token_store.h"

#include <algorithm>
#include <utility>

namespace mx {
namespace {

template <class T>
ByteView bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()};
}

}  // namespace

TokenStore::TokenStore(std::string part, std::size_t vocabulary, const std::string& folder)
    : part_(std::move(part)),
      dtype_(vocabulary <= 65536 ? DType::u16 : DType::u32),
      tokens_(folder),
      starts_(folder),
      answers_(folder) {}

void TokenStore::add(std::span<const TokenId> ids, bool begins, std::size_t question) {
  if (begins) {
    const std::uint64_t start = tokens();
    const std::uint64_t answer = start + question;
    starts_.append(bytes_of(std::span<const std::uint64_t>(&start, 1)));
    answers_.append(bytes_of(std::span<const std::uint64_t>(&answer, 1)));
    answered_ = answered_ || question > 0;
  }
  if (dtype_ == DType::u32) return tokens_.append(bytes_of(ids));
  narrow_.resize(ids.size());
  std::ranges::transform(ids, narrow_.begin(),
                         [](TokenId id) { return static_cast<std::uint16_t>(id); });
  tokens_.append(bytes_of(std::span<const std::uint16_t>(narrow_)));
}

std::vector<TensorEntry> TokenStore::pieces(const io::Scratch& of, DType dtype,
                                            std::string_view what) const {
  std::vector<TensorEntry> entries;
  for (std::uint64_t at = 0; at < of.size(); at += kTokenPiece) {
    const std::uint64_t bytes = std::min(kTokenPiece, of.size() - at);
    entries.push_back({fmt::format("{}.{}.{}", part_, what, entries.size()),
                       dtype,
                       {static_cast<std::int64_t>(bytes / size_of(dtype))},
                       Scheme::plain});
  }
  return entries;
}

std::vector<TensorEntry> TokenStore::entries() const {
  std::vector<TensorEntry> all = pieces(tokens_, dtype_, "tokens");
  for (TensorEntry& entry : pieces(starts_, DType::u64, "documents")) {
    all.push_back(std::move(entry));
  }
  if (!answered_) return all;
  for (TensorEntry& entry : pieces(answers_, DType::u64, "answers")) {
    all.push_back(std::move(entry));
  }
  return all;
}

void TokenStore::write(ModelWriter& writer) {
  write(writer, tokens_, pieces(tokens_, dtype_, "tokens"));
  write(writer, starts_, pieces(starts_, DType::u64, "documents"));
  if (answered_) write(writer, answers_, pieces(answers_, DType::u64, "answers"));
}

void TokenStore::write(ModelWriter& writer, io::Scratch& from,
                       std::span<const TensorEntry> entries) {
  std::uint64_t at = 0;
  for (const TensorEntry& entry : entries) {
    Weight weight;
    weight.name = entry.name;
    weight.values = Tensor(entry.dtype, entry.shape);
    from.read_at(at, weight.values.data.bytes());
    at += weight.values.data.size();
    writer.add(std::move(weight));
  }
}

}  // namespace mx
