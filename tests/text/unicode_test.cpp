// SPDX-License-Identifier: Apache-2.0
#include "text/unicode.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/words.h"
#include "golden.h"
#include "text/stream_decoder.h"

using namespace mx;

TEST_CASE("every scalar value survives being written and read") {
  for (char32_t code = 0; code < 0x110000; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string text;
    append_character(code, text);
    const Character character = decode_character(text, 0);
    REQUIRE(character.valid);
    REQUIRE(character.code == code);
    REQUIRE(character.size == text.size());
    REQUIRE(unfinished_tail(text) == 0);
    for (std::size_t size = 1; size < text.size(); ++size) {
      REQUIRE(unfinished_tail(text.substr(0, size)) == size);
    }
  }
}

TEST_CASE("bytes that are no character are told apart by maximal parts") {
  // The example of the Unicode standard, table 3-8, and surrogates, overlong forms, codes too high.
  CHECK(replace_invalid("a\xF1\x80\x80\xE1\x80\xC2"
                        "b\x80"
                        "c\x80\xBF"
                        "d") ==
        "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
        "b\xEF\xBF\xBD"
        "c\xEF\xBF\xBD\xEF\xBF\xBD"
        "d");
  CHECK(replace_invalid("\xC0\xAF") == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(replace_invalid("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(replace_invalid("\xF4\x90\x80\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(replace_invalid("\xF0\x9F\x98") == "\xEF\xBF\xBD");
  for (const std::string& text : test::golden_texts()) CHECK(replace_invalid(text) == text);
}

TEST_CASE("an unfinished tail is one that more bytes can finish") {
  CHECK(unfinished_tail("") == 0);
  CHECK(unfinished_tail("abc") == 0);
  CHECK(unfinished_tail("a\xE4\xBD") == 2);
  CHECK(unfinished_tail("a\xE4\x20") == 0);
  CHECK(unfinished_tail("\xF0\x9F\x98") == 3);
  CHECK(unfinished_tail("\xED\xA0") == 0);  // would be a surrogate
  CHECK(unfinished_tail("\x80\x80\x80") == 0);
}

TEST_CASE("normal forms are those of another implementation") {
  const auto texts = test::golden_texts();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CHECK(normalize(texts[i], NormalForm::nfc) == test::golden()["nfc"][i].get<std::string>());
    CHECK(normalize(texts[i], NormalForm::nfkc) == test::golden()["nfkc"][i].get<std::string>());
    CHECK(normalize(texts[i], NormalForm::none) == texts[i]);
  }
  CHECK_THROWS_AS((void)normalize("\xFF", NormalForm::nfc), Error);
}
