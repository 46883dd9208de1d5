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
