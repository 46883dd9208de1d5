// SPDX-License-Identifier: Apache-2.0
// Any bytes as text: split into words that are the text again, cleaned into valid UTF-8 that
// cleaning leaves alone, shown in whole characters, and trained on.
#include <cstdint>
#include <stdexcept>

#include "base/words.h"
#include "text/clean.h"
#include "text/minhash.h"
#include "text/quality.h"
#include "text/split.h"
#include "text/stream_decoder.h"
#include "text/trainer.h"

namespace {

void insist(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

void split(const mx::Splits& splits, std::string_view text) {
  mx::Splitter splitter(splits, text);
  std::string joined;
  std::string_view word;
  while (splitter.next(word)) {
    insist(!word.empty(), "a word is empty");
    joined += word;
  }
  insist(joined == text, "the words are not the text");
}

void clean(std::string_view text) {
  mx::CleanCounts counts;
  mx::CleanOptions options;
  const mx::Cleaner cleaner(options, {});
  std::string once(text);
  if (!cleaner.clean(once, counts)) return;
  insist(mx::valid_utf8(once), "cleaned text is not valid UTF-8");
  std::string twice = once;
  insist(cleaner.clean(twice, counts) && twice == once, "cleaning again changes the text");
  (void)mx::c4_page(mx::c4_lines(once, counts), counts);
  (void)mx::gopher_quality(once, counts);
  (void)mx::gopher_repetition(once, counts);
  (void)mx::band_keys(mx::minhash(once));
}

// One kind of tokenizer, and not in every run: training is the slow part.
void train(std::string_view text) {
  if (text.size() % 16 >= 4) return;
  const auto kind = static_cast<mx::TokenizerKind>(text.size() % 4);
  const auto trainer = mx::make_trainer({kind, 4000, mx::usual_specials(kind), true});
  trainer->add("a text");
  trainer->add(text);
  const auto tokenizer = trainer->finish();
  mx::StreamDecoder decoder(*tokenizer);
  std::string shown;
  for (const mx::TokenId id : mx::encode(*tokenizer, text)) {
    const std::string part = decoder.push(id);
    insist(mx::valid_utf8(part), "a part of a character was shown");
    shown += part;
  }
  shown += decoder.finish();
  insist(!tokenizer->exact() || shown == mx::replace_invalid(text), "other text was shown");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size < 1024 ? size : 1024);
  using mx::Split;
  split({}, text);
  split({Split::gpt2}, text);
  split({Split::llama3}, text);
  split({Split::digits, Split::qwen2}, text);
  split({Split::tekken}, text);
  split({Split::o200k}, text);
  split({Split::triples, Split::cjk, Split::deepseek}, text);
  split({Split::deepseek}, text);
  split({Split::punctuation, Split::gpt2, Split::numbers, Split::thousands}, text);
  clean(text);
  train(text);
  return 0;
}
