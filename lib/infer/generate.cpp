// SPDX-License-Identifier: Apache-2.0
#include "infer/generate.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "engine/sequence.h"
#include "engine/tokens.h"
#include "text/stream_decoder.h"

namespace mx {
namespace {

// Text on its way out: what may be the beginning of a stop string waits.
class Outlet {
 public:
  Outlet(const std::vector<std::string>& stops, const std::function<bool(std::string_view)>& give)
      : stops_(stops), give_(give) {}

  // False: a stop string came, or no more is wanted.
  bool push(std::string_view text) {
    held_ += text;
    std::size_t end = std::string::npos;
    for (const std::string& stop : stops_) {
      if (!stop.empty()) end = std::min(end, held_.find(stop));
    }
    if (end != std::string::npos) {
      held_.resize(end);
      (void)flush();
      return false;
    }
    const std::size_t free = held_.size() - waiting();
    const bool more = free == 0 || give_(std::string_view(held_).substr(0, free));
    held_.erase(0, free);
    return more;
  }
  bool flush() {
    const bool more = held_.empty() || give_(held_);
    held_.clear();
    return more;
  }

 private:
  // How many of the last bytes may begin a stop string.
  [[nodiscard]] std::size_t waiting() const {
    std::size_t most = 0;
    for (const std::string& stop : stops_) {
      for (std::size_t n = std::min(stop.size(), held_.size()); n > most; --n) {
        if (held_.ends_with(std::string_view(stop).substr(0, n))) most = n;
      }
    }
    return most;
  }

  const std::vector<std::string>& stops_;
  const std::function<bool(std::string_view)>& give_;
  std::string held_;
};

}  // namespace

Fields GenerateOptions::fields() {
  constexpr std::string_view kGroup = "Generation";
  Fields out = {
      {kGroup, "max-tokens", "Tokens to generate, at most.", &max_tokens, Range{0, 1e12}}};
  append(out, sampling.fields());
  append(out, {{.group = kGroup,
                .name = "stop",
                .help = "End before this text, which is not given out.",
                .value = &stop,
                .meaning = "TEXT"}});
  return out;
}

void generate(const Engine& engine, const Tokenizer& tokenizer, std::string_view prompt,
              const GenerateOptions& options, Random& random,
              const std::function<bool(std::string_view)>& give) {
  const std::optional<TokenId> begin = begin_token(tokenizer), end = end_token(tokenizer);
  const std::vector<TokenId>& stops = tokenizer.frame().stops;
  const auto ends = [&](TokenId id) { return id == end || std::ranges::count(stops, id) > 0; };
  std::vector<TokenId> tokens = encode(tokenizer, prompt);
  if (begin) tokens.insert(tokens.begin(), *begin);
  if (tokens.empty()) {
    if (!end)
      fail(Kind::input, "the prompt is empty, and the tokenizer has no token that ends one");
    tokens.push_back(*end);
  }
  Sequence sequence(engine);
  // Networks often score some more, which stand for nothing.
  std::vector<float> logits(engine.token_network()->outputs());
  if (logits.size() < tokenizer.size()) {
    fail(Kind::input, "the network scores {} tokens, but the tokenizer has {}", logits.size(),
         tokenizer.size());
  }
  StreamDecoder decoder(tokenizer, /*first=*/prompt.empty());
  Outlet outlet(options.stop, give);
  std::size_t fed = tokens.size() - std::min(tokens.size(), sequence.context());
  for (std::int64_t i = 0; i < options.max_tokens; ++i) {
    if (sequence.length() + (tokens.size() - fed) > sequence.context()) {
      sequence.truncate(0);
      fed = tokens.size() - std::max<std::size_t>(1, sequence.context() / 2);
    }
    sequence.feed(std::span(tokens).subspan(fed), logits);
    fed = tokens.size();
    constexpr float kNever = -std::numeric_limits<float>::infinity();
    for (const SpecialToken& special : tokenizer.specials()) {
      if (!ends(special.id)) logits[special.id] = kNever;
    }
    std::ranges::fill(std::span(logits).subspan(tokenizer.size()), kNever);
    const TokenId next = sample(logits, options.sampling, random);
    if (ends(next)) break;
    tokens.push_back(next);
    if (!outlet.push(decoder.push(next))) return;
  }
  if (outlet.push(decoder.finish())) (void)outlet.flush();
}

}  // namespace mx
