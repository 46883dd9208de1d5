// SPDX-License-Identifier: Apache-2.0
#include "text/tokenizer.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/random.h"
#include "golden.h"
#include "text/split.h"
#include "text/stream_decoder.h"
#include "text/trainer.h"

using namespace mx;

namespace {

std::unique_ptr<Tokenizer> trained(TokenizerKind kind, const std::string& text,
                                   std::size_t vocab = 600) {
  const auto trainer = make_trainer({kind, vocab, usual_specials(kind), true});
  trainer->add(text);
  return trainer->finish();
}

// Bytes, mostly text-like, with invalid parts.
std::string random_bytes(Random& random, std::size_t size) {
  static const std::string kOften = " \n\tabcthe',.0\xC3\xA9\xE4\xBD\xA0\xF0\x9F\x98\x80";
  std::string out;
  for (std::size_t i = 0; i < size; ++i) {
    out.push_back(random.below(4) == 0 ? static_cast<char>(random.below(256))
                                       : kOften[random.below(kOften.size())]);
  }
  return out;
}

std::vector<std::string> words_of(const Splits& splits, std::string_view text) {
  std::vector<std::string> words;
  Splitter splitter(splits, text);
  std::string_view word;
  while (splitter.next(word)) words.emplace_back(word);
  return words;
}

Json again(const Json& json) { return parse_json(dump_json(json), "the test"); }

}  // namespace

TEST_CASE("splitting equals the published pattern") {
  const auto texts = test::golden_texts();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CHECK_MESSAGE(words_of({Split::gpt2}, texts[i]) ==
                      test::golden()["splits"][i].get<std::vector<std::string>>(),
                  texts[i]);
  }
}

TEST_CASE("words of tekken and o200k end where small letters do") {
  using Words = std::vector<std::string>;
  for (const Split split : {Split::tekken, Split::o200k}) {
    const auto words = [&](std::string_view text) { return words_of({split}, text); };
    CHECK(words("camelCase HTMLPage") == Words{"camel", "Case", " HTMLPage"});
    CHECK(words("HTMLPageABC") == Words{"HTMLPage", "ABC"});
    // What has no case is in both classes: capitals behind it are given back.
    CHECK(words("A\u4F60BC d") == Words{"A\u4F60", "BC", " d"});
    CHECK(words("A\u4F60BCd") == Words{"A\u4F60BCd"});
    CHECK(words("\u01C5a\u02B0B") == Words{"\u01C5a\u02B0", "B"});
    // A mark in front of capitals is a word; elsewhere one character leads a word.
    CHECK(words("\u0301ABC") == Words{"\u0301", "ABC"});
    CHECK(words(" \u0301ABC") == Words{" \u0301", "ABC"});
    CHECK(words("\u0301abc") == Words{"\u0301abc"});
    CHECK(words("!ABC") == Words{"!ABC"});
    CHECK(words("!!\n/\r//a") == Words{"!!\n/\r//", "a"});
    CHECK(words("  \n x  ") == Words{"  \n", " x", "  "});
    CHECK(words("\xFF\xFE,x\xE4\xBD\x80\x80x\xC5") ==
          Words{"\xFF\xFE,", "x\xE4\xBD\x80", "\x80x", "\xC5"});
  }
  CHECK(words_of({Split::tekken}, "it's 123") == Words{"it", "'s", " ", "1", "2", "3"});
  CHECK(words_of({Split::o200k}, "it's IT'LLx a'\u017F 1234") ==
        Words{"it's", " IT'LL", "x", " a'\u017F", " ", "123", "4"});
  CHECK(words_of({Split::o200k}, "1's 'll've'") == Words{"1", "'s", " '", "ll've", "'"});
}

TEST_CASE("DeepSeek's three splits keep what lies between their matches") {
  using Words = std::vector<std::string>;
  const auto words = [](std::string_view text) {
    return words_of({Split::triples, Split::cjk, Split::deepseek}, text);
  };
  CHECK(words("ab1234c \u4F60\u597D\u304B!x") ==
        Words{"ab", "123", "4", "c", " ", "\u4F60\u597D\u304B", "!x"});
  CHECK(words("'caf\u00E9 -- {}\n\n x") == Words{"'caf", "\u00E9", " --", " {}\n\n", " x"});
  CHECK(words("\x01\x02\u200B") == Words{"\x01\x02\u200B"});
  CHECK(words("\x01\x02z\x01") == Words{"\x01", "\x02z", "\x01"});
  CHECK(words("a\xFF\xE4\xBD"
              "b\x80 \xF0") == Words{"a", "\xFF\xE4\xBD", "b", "\x80", " \xF0"});
}

TEST_CASE("bpe learns the merges and gives the ids that another program does") {
  const auto trainer = make_trainer({TokenizerKind::bpe, 600, {}, true});
  trainer->add(test::text_file("coriolanus.txt"));
  const auto tokenizer = trainer->finish();
  CHECK(tokenizer->size() == 600);
  std::vector<std::int64_t> merges;
  for (const Json& pair : test::golden()["bpe"]["merges"]) {
    for (const Json& id : pair) merges.push_back(id.get<std::int64_t>());
  }
  CHECK(tokenizer->to_json()["merges"].get<std::vector<std::int64_t>>() == merges);
  const auto texts = test::golden_texts();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CHECK_MESSAGE(
        encode(*tokenizer, texts[i]) == test::golden()["bpe"]["ids"][i].get<std::vector<TokenId>>(),
        texts[i]);
  }
}

TEST_CASE("wordpiece gives the ids that another program does") {
  for (const bool lowercase : {true, false}) {
    const auto& golden = test::golden()["wordpiece"];
    const auto tokenizer = tokenizer_from_json(
        {{"kind", "wordpiece"},
         {"lowercase", lowercase},
         {"tokens", golden["tokens"]},
         {"special", {{"[PAD]", 0}, {"[UNK]", 1}, {"[CLS]", 2}, {"[SEP]", 3}, {"[MASK]", 4}}}},
        "the test");
    const auto texts = test::golden_texts();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const Json& ids = golden[lowercase ? "ids" : "cased"][i];
      if (ids.is_null()) continue;  // the other program's tables are older
      CHECK_MESSAGE(encode(*tokenizer, texts[i]) == ids.get<std::vector<TokenId>>(), texts[i]);
    }
  }
}

TEST_CASE(
    "byte-complete tokenizers give back any bytes, and encoders that remember change nothing") {
  Random random(3);
  for (const TokenizerKind kind : {TokenizerKind::byte, TokenizerKind::bpe}) {
    const auto tokenizer = trained(kind, test::text_file("coriolanus.txt"));
    CHECK(tokenizer->exact());
    const auto encoder = tokenizer->encoder();
    for (int i = 0; i < 300; ++i) {
      const std::string text = random_bytes(random, random.below(200));
      std::vector<TokenId> ids;
      encoder->encode(text, ids);
      CHECK(tokenizer->decode(ids) == text);
      CHECK(encode(*tokenizer, text) == ids);
    }
  }
}

TEST_CASE("a long word is merged as a short one is") {
  const auto tokenizer = trained(TokenizerKind::bpe, test::text_file("coriolanus.txt"));
  // Letters without blanks are one word; the same merges must come out on both sides of the length
  // at which the method changes, checked against the plain definition.
  Random random(5);
  const Json merges = tokenizer->to_json()["merges"];
  for (const std::size_t size : {40U, 47U, 48U, 49U, 60U, 300U}) {
    std::string word;
    for (std::size_t i = 0; i < size; ++i) word.push_back("theandouris"[random.below(11)]);
    std::vector<TokenId> plain;
    for (const char c : word) plain.push_back(static_cast<TokenId>(c - '!'));
    for (std::size_t m = 0; m < merges.size(); m += 2) {
      for (std::size_t at = 0; at + 1 < plain.size(); ++at) {
        if (plain[at] != merges[m] || plain[at + 1] != merges[m + 1]) continue;
        plain[at] = static_cast<TokenId>(256 + m / 2);
        plain.erase(plain.begin() + static_cast<std::ptrdiff_t>(at) + 1);
      }
    }
    CHECK(encode(*tokenizer, word) == plain);
  }
  const std::string endless(1 << 20, 'a');
  CHECK(tokenizer->decode(encode(*tokenizer, endless)) == endless);
}

TEST_CASE("training twice gives the same tokenizer, and its JSON gives it back") {
  const std::string text = test::text_file("coriolanus.txt");
  for (const TokenizerKind kind : {TokenizerKind::byte, TokenizerKind::character,
                                   TokenizerKind::bpe, TokenizerKind::wordpiece}) {
    const auto tokenizer = trained(kind, text);
    const Json json = tokenizer->to_json();
    CHECK(trained(kind, text)->to_json() == json);
    const auto loaded = tokenizer_from_json(again(json), "the test");
    CHECK(loaded->kind() == kind);
    CHECK(loaded->size() == tokenizer->size());
    CHECK(loaded->to_json() == json);
    CHECK(encode(*loaded, text) == encode(*tokenizer, text));
    for (const std::string& special : usual_specials(kind)) {
      CHECK(loaded->special(special) == tokenizer->special(special));
      CHECK(loaded->is_special(*loaded->special(special)));
    }
  }
}

TEST_CASE("a char tokenizer has the text's characters in order and says what it does not know") {
  const auto tokenizer = trained(TokenizerKind::character, "banana\xC3\xA9\n");
  CHECK(tokenizer->to_json()["characters"] == "\nabn\xC3\xA9");
  CHECK(tokenizer->size() == 7);
  CHECK(encode(*tokenizer, "nab\xC3\xA9") == std::vector<TokenId>{3, 1, 2, 4});
  const auto encoder = tokenizer->encoder();
  std::vector<TokenId> ids;
  encoder->encode("axb\xFF", ids);
  CHECK(ids == std::vector<TokenId>{1, 6, 2, 6});
  CHECK(encoder->unknown() == 2);

  const auto strict = tokenizer_from_json({{"kind", "char"}, {"characters", "ab"}}, "the test");
  CHECK(strict->decode(encode(*strict, "abba")) == "abba");
  CHECK_THROWS_WITH((void)encode(*strict, "abc"),
                    "the character U+0063 is not among the 2 of the char tokenizer");
}

TEST_CASE("a trained wordpiece vocabulary covers its text and marks what is inside a word") {
  const auto tokenizer = trained(TokenizerKind::wordpiece, test::text_file("coriolanus.txt"), 400);
  CHECK(tokenizer->size() == 400);
  const auto encoder = tokenizer->encoder();
  std::vector<TokenId> ids;
  encoder->encode(test::text_file("coriolanus.txt"), ids);
  CHECK(encoder->unknown() == 0);
  CHECK(tokenizer->decode(encode(*tokenizer, "The Citizens,  speak!")) == "the citizens , speak !");
  CHECK(encode(*tokenizer, "\xE4\xBD\xA0") == std::vector<TokenId>{1});
}

TEST_CASE("special tokens are text unless they are asked for") {
  const auto tokenizer = trained(TokenizerKind::bpe, "some text");
  const TokenId end = *tokenizer->special(kEndOfText);
  CHECK(end == tokenizer->size() - 1);
  const std::string text = "one<|endoftext|>two<|endoftext|>";
  for (const TokenId id : encode(*tokenizer, text)) CHECK(id != end);
  std::vector<TokenId> ids;
  tokenizer->encoder()->encode_with_specials(text, ids);
  CHECK(ids.back() == end);
  CHECK(std::count(ids.begin(), ids.end(), end) == 2);
  CHECK(tokenizer->decode(ids) == text);
}

TEST_CASE("a stream shows whole characters only") {
  const auto tokenizer = trained(TokenizerKind::byte, "");
  StreamDecoder decoder(*tokenizer);
  const std::string text = "a\xC3\xA9\xF0\x9F\x98\x80z";
  std::string shown;
  for (const TokenId id : encode(*tokenizer, text)) {
    const std::string part = decoder.push(id);
    CHECK(replace_invalid(part) == part);
    CHECK(part.find("\xEF\xBF\xBD") == std::string::npos);
    shown += part;
  }
  CHECK(shown == text);
  CHECK(decoder.push(*tokenizer->special(kEndOfText)).empty());
  CHECK(decoder.push(0xE4).empty());
  CHECK(decoder.push('x') == "\xEF\xBF\xBDx");
  CHECK(decoder.push(0xE4).empty());
  CHECK(decoder.finish() == "\xEF\xBF\xBD");
}

TEST_CASE("damaged tokenizers are refused") {
  const auto refused = [](const Json& json) {
    CHECK_THROWS_AS((void)tokenizer_from_json(json, "the test"), Error);
  };
  refused({{"kind", "morse"}});
  refused({{"kind", "byte"}, {"special", {{"x", 255}}}});
  refused({{"kind", "byte"}, {"special", {{"x", 257}}}});
  refused({{"kind", "byte"}, {"more", 1}});
  refused({{"kind", "char"}, {"characters", "ba"}});
  refused({{"kind", "char"}, {"characters", "aa"}});
  refused({{"kind", "bpe"}, {"merges", {1}}});
  refused({{"kind", "bpe"}, {"merges", {0, 256}}});
  refused({{"kind", "bpe"}, {"merges", {0, 1, 0, 1}}});
  refused({{"kind", "bpe"}, {"merges", {0, -1}}});
  refused({{"kind", "bpe"}, {"merges", {0, 1}}, {"results", {300}}});
  refused({{"kind", "bpe"}, {"merges", {0, 1}}, {"results", {0}}});
  refused({{"kind", "bpe"}, {"merges", Json::array()}, {"special", {{"x", 3}}}});
  refused({{"kind", "bpe"}, {"merges", Json::array()}, {"bytes", std::vector<int>(256, 7)}});
  refused({{"kind", "wordpiece"}, {"lowercase", true}, {"tokens", {"a"}}});
  refused({{"kind", "wordpiece"},
           {"lowercase", true},
           {"tokens", {"[UNK]", "a", "a"}},
           {"special", {{"[UNK]", 0}}}});
  // Doubling merges would grow a token without bound.
  Json merges = Json::array({0, 0});
  for (int i = 0; i < 60; ++i) {
    merges.push_back(256 + i);
    merges.push_back(256 + i);
  }
  refused({{"kind", "bpe"}, {"merges", merges}});
}

TEST_CASE("a vocabulary too small for what it must hold is refused, one too large is not filled") {
  CHECK_THROWS_AS((void)trained(TokenizerKind::bpe, "text", 256), Error);
  CHECK_THROWS_AS((void)trained(TokenizerKind::wordpiece, "text", 6), Error);
  CHECK(trained(TokenizerKind::bpe, "text", 100000)->size() == 257);
  CHECK_THROWS_AS((void)trained(TokenizerKind::bpe, ""), Error);
  CHECK_THROWS_AS((void)trained(TokenizerKind::character, ""), Error);
}
