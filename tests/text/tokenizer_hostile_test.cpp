// SPDX-License-Identifier: Apache-2.0
// Files of tokenizers that are cut, changed or made to mislead, and vocabularies that are large.
#include <doctest/doctest.h>

#include <cstring>

#include "base/base64.h"
#include "base/error.h"
#include "base/random.h"
#include "golden.h"
#include "text/charsmap.h"
#include "text/tokenizer_file.h"

using namespace mx;

namespace {

// A tokenizer, or a refusal of the input.
void try_file(const std::string& bytes) {
  try {
    const auto tokenizer = tokenizer_from_text(bytes, "file");
    (void)tokenizer->decode(encode(*tokenizer, "a text, of course \xFF"));
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
  }
}

void refused(const Json& json) {
  CHECK_THROWS_AS((void)tokenizer_from_json(json, "the test"), Error);
}

std::string map_of(std::uint32_t size, const std::vector<std::uint32_t>& units,
                   const std::string& texts) {
  std::string out(4 + 4 * units.size(), '\0');
  std::memcpy(out.data(), &size, 4);
  for (std::size_t i = 0; i < units.size(); ++i) {
    std::memcpy(out.data() + 4 + 4 * i, &units[i], 4);
  }
  return out + texts;
}

}  // namespace

TEST_CASE("models of SentencePiece that are cut or changed are refused, or tokenizers") {
  Random random(7);
  for (const char* const name : {"unigram", "llama2"}) {
    const std::string whole = test::text_file(fmt::format("tokenizers/{}.model", name));
    for (std::size_t size = 1; size < whole.size(); size += 61) try_file(whole.substr(0, size));
    for (int i = 0; i < 300; ++i) {
      std::string changed = whole;
      changed[random.below(changed.size())] = static_cast<char>(random.below(256));
      try_file(changed);
    }
  }
}

TEST_CASE("a map of characters that leads out of itself is refused") {
  const std::string zero(1, '\0');
  CHECK_THROWS_AS(Charsmap(""), Error);
  CHECK_THROWS_AS(Charsmap(map_of(400, {0}, zero)), Error);
  CHECK_THROWS_AS(Charsmap(map_of(0, {}, zero)), Error);
  CHECK_THROWS_AS(Charsmap(map_of(4, {0}, "no end")), Error);
  // Units that lead far away, and back to themselves: a search ends with the text.
  for (const std::uint32_t unit : {0xFFFFFFFFU, 0x61U | 1U << 8U, 0x80000000U, 0x3FFU}) {
    const Charsmap map(map_of(1024, std::vector<std::uint32_t>(256, unit), zero));
    for (int byte = 1; byte < 256; ++byte) {
      try {
        const std::string text(100, static_cast<char>(byte));
        const std::size_t size = map.longest(text).size;
        CHECK(size <= text.size());
      } catch (const Error& error) {
        CHECK(error.kind() == Kind::input);
      }
    }
  }
}

TEST_CASE("parts of a tokenizer that make no sense are refused") {
  const Json bpe = {{"kind", "bpe"}, {"merges", {0, 1}}};
  const auto with = [](Json json, const char* key, const Json& value) {
    json[key] = value;
    return json;
  };
  refused(with(bpe, "split", "words"));
  refused(with(bpe, "split", std::vector<std::string>(9, "digits")));
  refused(with(bpe, "normalize", "nfc"));
  refused(with(bpe, "normalize", {"nfe"}));
  refused(with(bpe, "normalize", {{{"replace", {"", "x"}}}}));
  refused(with(bpe, "normalize", {{{"charsmap", "%%"}}}));
  refused(with(bpe, "prepare", {{{"lead", ""}}}));
  refused(with(bpe, "begin", 257));
  refused(with(bpe, "end", -1));
  refused(with(bpe, "stops", {300}));
  refused(with(bpe, "added", {{{"text", "x"}, {"id", 258}}}));
  refused(with(bpe, "added", {{{"text", ""}, {"id", 257}}}));
  refused(with(bpe, "added", {{{"text", "x"}, {"id", 257}, {"colour", 1}}}));
  refused(with(bpe, "others", {{"\xE4\xBD\xA0", 257}}));
  refused(with(bpe, "size", 1 << 30));
  const Json pieces = {{"kind", "pieces"},
                       {"search", "scores"},
                       {"tokens", {"<unk>", "a", "b", "ab"}},
                       {"scores", {0, -1, -2, -3}},
                       {"unknown", 0}};
  CHECK(encode(*tokenizer_from_json(pieces, "x"), "abcc") == std::vector<TokenId>{3, 0});
  CHECK(encode(*tokenizer_from_json(with(pieces, "fuse", false), "x"), "abcc") ==
        std::vector<TokenId>{3, 0, 0});
  refused(with(pieces, "search", "luck"));
  refused(with(pieces, "scores", {0, 1}));
  refused(with(pieces, "unknown", 4));
  refused(with(pieces, "bytes", true));
  refused(with(pieces, "always", {0}));
  refused(with(pieces, "special", {{"x", 1}}));
  Json merges = with(pieces, "search", "merges");
  merges.erase("scores");
  refused(merges);
  refused(with(merges, "merges", {1}));
  refused(with(merges, "merges", {2, 1}));
  refused(with(merges, "merges", {1, 2, 1, 2}));
  CHECK(encode(*tokenizer_from_json(with(merges, "merges", {1, 2}), "x"), "ab") ==
        std::vector<TokenId>{3});
}

TEST_CASE("a vocabulary beyond what a header may list is packed, and comes back") {
  Json tokens = {"<unk>"}, scores = {0};
  for (int i = 0; i < 70000; ++i) {
    tokens.push_back(fmt::format("t{}", i));
    scores.push_back(-i / 7.0);
  }
  const Json json = {{"kind", "pieces"},
                     {"search", "unigram"},
                     {"tokens", tokens},
                     {"scores", scores},
                     {"unknown", 0}};
  const auto tokenizer = tokenizer_from_json(json, "x");
  const Json stored = tokenizer->to_json();
  CHECK(stored["tokens"].is_string());
  CHECK(stored["scores"].is_string());
  const auto again = tokenizer_from_json(stored, "x");
  CHECK(again->to_json() == stored);
  CHECK(encode(*again, "t69999") == std::vector<TokenId>{70000});
  CHECK(again->decode(std::vector<TokenId>{1, 70000}) == "t0t69999");
  Json damaged = stored;
  damaged["scores"] = to_base64(view("abc"));
  refused(damaged);
  damaged["scores"] = to_base64(view(std::string(8, '\xFF')));  // not a number
  refused(damaged);
}

TEST_CASE("ids without a token decode to nothing") {
  const auto tokenizer = tokenizer_from_json(
      {{"kind", "bpe"}, {"merges", Json::array()}, {"size", 300}, {"special", {{"<x>", 299}}}},
      "x");
  CHECK(tokenizer->size() == 300);
  CHECK(tokenizer->decode(std::vector<TokenId>{32, 280, 299}) == "A<x>");
  CHECK_THROWS_AS((void)tokenizer->decode(std::vector<TokenId>{300}), Error);
}

namespace {

// What is said of a text, or of the tokenizer itself.
void refused_with(const Json& json, std::string_view text, std::string_view say) {
  try {
    (void)encode(*tokenizer_from_json(json, "the test"), text);
    FAIL("it was not refused");
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
    CAPTURE(error.message());
    CHECK(error.message().find(say) != std::string::npos);
  }
}

Json replace(const std::string& from, const std::string& to) { return {{"replace", {from, to}}}; }

}  // namespace

TEST_CASE("steps that make a text longer and longer are refused before it is") {
  const Json bpe = {{"kind", "bpe"}, {"merges", Json::array()}};
  Json doubled = bpe, words = bpe, squeezed = bpe, mapped = bpe, sentencepiece = bpe;
  doubled["normalize"] = Json(std::vector<Json>(31, replace("a", std::string(1000, 'a'))));
  refused_with(doubled, "a", "steps make over");
  CHECK(encode(*tokenizer_from_json(doubled, "x"), "bbb").size() == 3);
  words["prepare"] = {{{"words", std::string(1000, 'w')}}};
  std::string short_words;
  for (int i = 0; i < 2000; ++i) short_words += "x ";
  refused_with(words, short_words, "steps make over");
  squeezed["normalize"] = {{{"squeeze", std::string(900, ' ')}},
                           {{"squeeze", std::string(900, 'b')}},
                           replace("b", std::string(900, 'c'))};
  refused_with(squeezed, "a  b  c  d  e", "steps make over");
  // From unit 0 'a' leads to unit 97, whose leaf, unit 96, says the text at 0.
  std::vector<std::uint32_t> units(256, 0x80000000U);
  units[0] = 0;
  units['a'] = 0x61U | 1U << 8U | 1U << 10U;
  units['a' ^ 1U] = 0x80000000U;
  const std::string map =
      to_base64(view(map_of(1024, units, std::string(256, 'a') + std::string(1, '\0'))));
  mapped["normalize"] = Json(std::vector<Json>(8, {{"charsmap", map}}));
  refused_with(mapped, "aa", "steps make over");
  sentencepiece["normalize"] = Json(std::vector<Json>(
      8, {{"sentencepiece", {{"prefix", false}, {"squeeze", false}, {"charsmap", map}}}}));
  refused_with(sentencepiece, "aa", "steps make over");
}

TEST_CASE("steps have an end, and so have their texts") {
  const Json bpe = {{"kind", "bpe"}, {"merges", Json::array()}};
  Json json = bpe;
  json["normalize"] = Json(std::vector<Json>(33, "nfc"));
  refused(json);
  json["normalize"] = {{{"prepend", std::string(1025, 'a')}}};
  refused(json);
  json["normalize"] = {
      {{"sentencepiece",
        {{"prefix", false}, {"squeeze", false}, {"keep", {std::string(1025, 'a')}}}}}};
  refused(json);
  // Those of another program's file, too.
  Json package = parse_json(test::text_file("tokenizers/gpt2.json"), "gpt2");
  package["normalizer"] = {{"type", "Sequence"},
                           {"normalizers", std::vector<Json>(33, {{"type", "NFC"}})}};
  CHECK_THROWS_AS((void)tokenizer_from_text(dump_json(package), "x"), Error);
  package.erase("normalizer");
  const Json digits = {{"type", "Digits"}, {"individual_digits", true}};
  package["pre_tokenizer"] = {{"type", "Sequence"},
                              {"pretokenizers", std::vector<Json>(200, digits)}};
  package["pre_tokenizer"]["pretokenizers"].push_back(
      {{"type", "ByteLevel"}, {"add_prefix_space", false}});
  CHECK_THROWS_AS((void)tokenizer_from_text(dump_json(package), "x"), Error);
}

TEST_CASE("added tokens are normalized within bounds") {
  Json json = {{"kind", "bpe"}, {"merges", Json::array()}};
  json["normalize"] = Json(std::vector<Json>(31, replace("a", std::string(1000, 'a'))));
  json["added"] = {{{"text", "a"}, {"id", 256}, {"normalized", true}}};
  CHECK_THROWS_AS((void)tokenizer_from_json(json, "x"), Error);
  Json many = {{"kind", "byte"}};
  Json& added = many["added"] = Json::array();
  for (int i = 0; i < 65537; ++i)
    added.push_back({{"text", fmt::format("t{}", i)}, {"id", 256 + i}});
  refused(many);
  refused({{"kind", "byte"}, {"stops", std::vector<int>(1025, 1)}});
}

TEST_CASE("tokens that are always taken are listed once each") {
  Json tokens = {"<unk>"}, scores = {0}, always = Json::array();
  for (int i = 1; i < 65000; ++i) {
    tokens.push_back(fmt::format("t{}", i));
    scores.push_back(-1.0);
    always.push_back(i);
  }
  Json json = {{"kind", "pieces"}, {"search", "unigram"}, {"tokens", tokens},
               {"scores", scores}, {"unknown", 0},        {"always", always}};
  const auto tokenizer = tokenizer_from_json(json, "x");
  CHECK(encode(*tokenizer, "t64999") == std::vector<TokenId>{64999});
  json["always"].push_back(1);
  refused(json);
}

TEST_CASE("a map of characters that leads in circles ends, and its texts are short") {
  const std::string zero(1, '\0');
  // Every unit leads by 'a' to a unit of 'a', and each has a leaf, which says the text at 353.
  std::vector<std::uint32_t> units(256, 0x61U | 1U << 8U);
  const std::string some = std::string(200, 'x') + zero;
  const Charsmap map(map_of(1024, units, some + some));
  CHECK(map.longest(std::string(100000, 'a')).size <= Charsmap::kLongest);
  CHECK_THROWS_AS(Charsmap(map_of(1024, units, std::string(257, 'x') + zero)), Error);
}

TEST_CASE("a word is covered in time that grows with it, whatever the vocabulary") {
  Json tokens = {"[UNK]"};
  for (int size = 1; size < 3000; ++size) tokens.push_back("##" + std::string(size, 'a') + "b");
  tokens.push_back("a");
  tokens.push_back("##a");
  const auto tokenizer = tokenizer_from_json(
      {{"kind", "wordpiece"}, {"lowercase", false}, {"tokens", tokens}, {"longest", 4096}}, "x");
  const auto ids = static_cast<TokenId>(tokens.size());
  const std::vector<TokenId> found = encode(*tokenizer, std::string(4000, 'a'));
  REQUIRE(found.size() == 4000);
  CHECK(found[0] == ids - 2);
  CHECK(found[1] == ids - 1);
  CHECK(encode(*tokenizer, "aaab") == std::vector<TokenId>{ids - 2, 2});
}
