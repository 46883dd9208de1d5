// SPDX-License-Identifier: Apache-2.0
#include "data/windows.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/error.h"

namespace mx {
namespace {

constexpr std::int32_t kNone = -1;

class Rows : public TokenRows {
 public:
  Rows(std::shared_ptr<const TokenData> from, Part which, WindowOptions how)
      : data(std::move(from)), part(which), options(std::move(how)) {}
  [[nodiscard]] std::uint64_t context() const override { return options.context; }
  [[nodiscard]] std::uint64_t bytes() const override { return data->text_bytes(part); }

 protected:
  // Tokens [begin, end), of which all but the last are seen and all but the first are targets.
  void fill(std::uint64_t begin, std::uint64_t end, const Row& to) const {
    std::vector<TokenId> tokens(static_cast<std::size_t>(end - begin));
    data->read(part, begin, tokens);
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

  std::shared_ptr<const TokenData> data;
  Part part;
  WindowOptions options;
};

class Windows final : public Rows {
 public:
  using Rows::Rows;
  [[nodiscard]] std::uint64_t rows() const override {
    const std::uint64_t targets = data->tokens(part) - 1;
    if (options.measuring) return (targets + context() - 1) / context();
    return std::max<std::uint64_t>(1, targets / context());
  }
  void read(std::uint64_t row, std::uint64_t shift, const Row& to) const override {
    const std::uint64_t tokens = data->tokens(part);
    std::uint64_t begin = row * context() + shift;
    if (!options.measuring) {
      begin = std::min(begin, tokens - std::min(tokens, context() + 1));
    }
    fill(begin, std::min(tokens, begin + context() + 1), to);
    if (options.boundaries == Boundaries::keep) separate(begin, to);
  }

 private:
  // Counts documents, and scores no token that begins one: nothing of its own stands before it.
  void separate(std::uint64_t begin, const Row& to) const {
    const std::uint64_t first = data->document_at(part, begin);
    std::uint64_t document = first;
    std::uint64_t end = data->document(part, document).end;
    for (std::size_t i = 0; i < to.ids.size() && to.ids[i] >= 0; ++i) {
      while (begin + i >= end) end = data->document(part, ++document).end;
      to.documents[i] = static_cast<std::int32_t>(document - first);
      if (begin + i + 1 == end) to.targets[i] = kNone;
    }
  }
};

class DocumentRows final : public Rows {
 public:
  DocumentRows(std::shared_ptr<const TokenData> from, Part which, WindowOptions how)
      : Rows(std::move(from), which, std::move(how)), first_(begin_token(data->tokenizer())) {}
  [[nodiscard]] std::uint64_t rows() const override { return data->documents(part); }
  void read(std::uint64_t row, std::uint64_t /*shift*/, const Row& to) const override {
    const TokenData::Range range = data->document(part, row);
    if (range.begin == range.end) {
      std::ranges::fill(to.ids, kNone);
      std::ranges::fill(to.targets, kNone);
      std::ranges::fill(to.documents, 0);
      return;
    }
    const std::uint64_t room = context() + 1 - (first_ ? 1 : 0);
    std::vector<TokenId> tokens(std::min(range.end - range.begin, room));
    data->read(part, range.begin, tokens);
    if (first_) tokens.insert(tokens.begin(), *first_);
    const std::size_t all = std::min<std::size_t>(tokens.size(), context());
    put(tokens, options.masked ? all : std::min(all, tokens.size() - 1), to);
    if (!options.loss_after.empty()) only_after(to);
  }

 private:
  // Drops the targets that belong to the text up to and including loss_after; all of them where it
  // does not stand.
  void only_after(const Row& to) const {
    const std::string& mark = options.loss_after;
    std::string text;
    bool found = false;
    for (std::size_t i = 0; i < to.ids.size() && to.ids[i] >= 0; ++i) {
      data->tokenizer().append(static_cast<TokenId>(to.ids[i]), i == 0, text);
      found = found || text.find(mark) != std::string::npos;
      if (!found) to.targets[i] = kNone;
    }
  }

  std::optional<TokenId> first_;
};

}  // namespace

std::shared_ptr<const TokenRows> make_windows(std::shared_ptr<const TokenData> data, Part part,
                                              const WindowOptions& options) {
  if (data->tokens(part) < 2) {
    fail(Kind::usage, "the text has {} tokens; one is to follow another", data->tokens(part));
  }
  if (options.boundaries == Boundaries::rows) {
    return std::make_shared<DocumentRows>(std::move(data), part, options);
  }
  return std::make_shared<Windows>(std::move(data), part, options);
}

}  // namespace mx
