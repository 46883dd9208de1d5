// SPDX-License-Identifier: Apache-2.0
#include "data/windows.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/error.h"
#include "data/masking.h"

namespace mx {
namespace {

constexpr std::int32_t kNone = -1;
constexpr std::uint64_t kMaskStream = std::uint64_t{0x16} << 56U;

class Rows : public TokenRows {
 public:
  Rows(std::shared_ptr<const TokenData> from, Part which, const WindowOptions& how)
      : data_(std::move(from)), part_(which), options_(how) {}
  [[nodiscard]] std::uint64_t context() const override { return options_.context; }
  [[nodiscard]] std::optional<std::uint64_t> bytes_of(std::int32_t token) const override {
    const Tokenizer& tokenizer = data_->tokenizer();
    const auto id = static_cast<TokenId>(token);
    if (id == tokenizer.unknown()) return std::nullopt;
    if (tokenizer.is_special(id)) return 0;
    std::string text;
    tokenizer.append(id, /*first=*/false, text);
    return text.size();
  }

 protected:
  // Tokens [begin, end), of which all but the last are seen and all but the first are targets.
  void fill(std::uint64_t begin, std::uint64_t end, const Row& to) const {
    std::vector<TokenId> tokens(static_cast<std::size_t>(end - begin));
    data_->read(part_, begin, tokens);
    put(tokens, tokens.size() - 1, to);
  }

  // `seen` of the tokens, at most to.ids.size(), each with the one behind it as its target.
  static void put(std::span<const TokenId> tokens, std::size_t seen, const Row& to) {
    for (std::size_t i = 0; i < to.ids.size(); ++i) {
      to.ids[i] = i < seen ? static_cast<std::int32_t>(tokens[i]) : kNone;
      to.targets[i] =
          i < seen && i + 1 < tokens.size() ? static_cast<std::int32_t>(tokens[i + 1]) : kNone;
      to.documents[i] = 0;
    }
  }

  std::shared_ptr<const TokenData> data_;
  Part part_;
  WindowOptions options_;
};

class Windows final : public Rows {
 public:
  using Rows::Rows;
  [[nodiscard]] std::uint64_t rows() const override {
    const std::uint64_t targets = data_->tokens(part_) - 1;
    if (!options_.measuring) return std::max<std::uint64_t>(1, targets / context());
    return targets <= context() ? 1 : 1 + (targets - context() + stride() - 1) / stride();
  }
  [[nodiscard]] Rules rules() const override {
    return {context(), stride(), options_.boundaries == Boundaries::keep ? "keep" : "cross"};
  }
  void read(std::uint64_t row, std::uint64_t shift, const Row& to) const override {
    const std::uint64_t tokens = data_->tokens(part_);
    std::uint64_t begin = row * stride() + shift;
    if (!options_.measuring) {
      begin = std::min(begin, tokens - std::min(tokens, context() + 1));
    }
    fill(begin, std::min(tokens, begin + context() + 1), to);
    if (options_.boundaries == Boundaries::keep || data_->has_answers(part_)) separate(begin, to);
    if (row > 0) std::ranges::fill(to.targets.first(context() - stride()), kNone);
  }

 private:
  [[nodiscard]] std::uint64_t stride() const {
    return options_.measuring && options_.stride > 0 ? options_.stride : context();
  }

  // Scores no token in front of an answer. Where documents are kept apart it counts them, and
  // scores none that begins one: nothing of its own stands before it.
  void separate(std::uint64_t begin, const Row& to) const {
    const bool apart = options_.boundaries == Boundaries::keep;
    const std::uint64_t first = data_->document_at(part_, begin);
    std::uint64_t document = first;
    std::uint64_t end = data_->document(part_, document).end;
    std::uint64_t answer = data_->answer(part_, document);
    const auto go_to = [&](std::uint64_t token) {
      while (token >= end) {
        end = data_->document(part_, ++document).end;
        answer = data_->answer(part_, document);
      }
    };
    for (std::size_t i = 0; i < to.ids.size() && to.ids[i] >= 0; ++i) {
      go_to(begin + i);
      if (apart) to.documents[i] = static_cast<std::int32_t>(document - first);
      if (to.targets[i] < 0) continue;
      if (apart && begin + i + 1 == end) to.targets[i] = kNone;
      go_to(begin + i + 1);
      if (begin + i + 1 < answer) to.targets[i] = kNone;
    }
  }
};

class DocumentRows final : public Rows {
 public:
  DocumentRows(std::shared_ptr<const TokenData> from, Part which, const WindowOptions& how)
      : Rows(std::move(from), which, how), first_(begin_token(data_->tokenizer())) {}
  [[nodiscard]] std::uint64_t rows() const override { return data_->documents(part_); }
  [[nodiscard]] Rules rules() const override { return {context(), 0, "rows"}; }
  void read(std::uint64_t row, std::uint64_t /*shift*/, const Row& to) const override {
    const TokenData::Range range = data_->document(part_, row);
    if (range.begin == range.end) {
      std::ranges::fill(to.ids, kNone);
      std::ranges::fill(to.targets, kNone);
      std::ranges::fill(to.documents, 0);
      return;
    }
    const std::uint64_t room = context() + 1 - (first_ ? 1 : 0);
    std::vector<TokenId> tokens(std::min(range.end - range.begin, room));
    data_->read(part_, range.begin, tokens);
    if (first_) tokens.insert(tokens.begin(), *first_);
    const std::size_t all = std::min<std::size_t>(tokens.size(), context());
    put(tokens, options_.masked ? all : std::min(all, tokens.size() - 1), to);
    // The target of number i is token i + 1 of the row, the first of which may be begin_token.
    const std::uint64_t question = data_->answer(part_, row) - range.begin;
    const std::uint64_t before = question == 0 ? 0 : question + (first_ ? 1 : 0) - 1;
    std::ranges::fill(to.targets.first(std::min<std::uint64_t>(before, context())), kNone);
  }

 private:
  std::optional<TokenId> first_;
};

// Some tokens of each row hidden, the same ones each time.
class MaskedRows final : public TokenRows {
 public:
  MaskedRows(std::shared_ptr<const TokenRows> rows, Masking masking)
      : rows_(std::move(rows)), masking_(std::move(masking)) {}
  [[nodiscard]] std::uint64_t rows() const override { return rows_->rows(); }
  [[nodiscard]] Rules rules() const override { return rows_->rules(); }
  [[nodiscard]] std::uint64_t context() const override { return rows_->context(); }
  [[nodiscard]] std::optional<std::uint64_t> bytes_of(std::int32_t /*token*/) const override {
    return std::nullopt;
  }
  void read(std::uint64_t row, std::uint64_t shift, const Row& to) const override {
    rows_->read(row, shift, to);
    Random random(row, kMaskStream);
    hide_tokens(to.ids, to.targets, masking_, random);
  }

 private:
  std::shared_ptr<const TokenRows> rows_;
  Masking masking_;
};

std::shared_ptr<const TokenRows> plain_windows(std::shared_ptr<const TokenData> data, Part part,
                                               const WindowOptions& options) {
  if (data->tokens(part) < 2) {
    fail(Kind::usage, "the text has {} tokens; one is to follow another", data->tokens(part));
  }
  if (options.boundaries == Boundaries::rows) {
    return std::make_shared<DocumentRows>(std::move(data), part, options);
  }
  return std::make_shared<Windows>(std::move(data), part, options);
}

}  // namespace

std::shared_ptr<const TokenRows> make_windows(std::shared_ptr<const TokenData> data, Part part,
                                              const WindowOptions& options) {
  std::optional<Masking> masking;
  if (options.masked && options.measuring) masking = masking_of(data->tokenizer());
  auto rows = plain_windows(std::move(data), part, options);
  if (!masking) return rows;
  return std::make_shared<MaskedRows>(std::move(rows), std::move(*masking));
}

}  // namespace mx
