// SPDX-License-Identifier: Apache-2.0
#include "text/bert_words.h"

#include <array>
#include <cstdint>

#include "text/unicode.h"

namespace mx {
namespace {

enum class Act : std::uint8_t { drop, blank, part, alone };

bool ideograph(char32_t code) {
  return (code >= 0x4E00 && code <= 0x9FFF) || (code >= 0x3400 && code <= 0x4DBF) ||
         (code >= 0x20000 && code <= 0x2A6DF) || (code >= 0x2A700 && code <= 0x2B73F) ||
         (code >= 0x2B740 && code <= 0x2B81F) || (code >= 0x2B820 && code <= 0x2CEAF) ||
         (code >= 0xF900 && code <= 0xFAFF) || (code >= 0x2F800 && code <= 0x2FA1F);
}

Act act_of(char32_t code) {
  if (code == 0 || code == kReplacement) return Act::drop;
  // ASCII symbols count as punctuation.
  if (code < 128 && code > 32 && class_of(code) == CharClass::symbol) return Act::alone;
  switch (class_of(code)) {
    case CharClass::space:
      // VT, FF and NEL are control characters here.
      return code == 0x0B || code == 0x0C || code == 0x85 ? Act::drop : Act::blank;
    case CharClass::control:
    case CharClass::format:
    case CharClass::other:
      return Act::drop;
    case CharClass::punctuation:
      return Act::alone;
    default:
      return ideograph(code) ? Act::alone : Act::part;
  }
}

// The one character whose lower case is two (SpecialCasing.txt).
constexpr char32_t kDottedI = 0x130, kDotAbove = 0x307;

struct Ascii {
  std::array<Act, 128> act = {};
  std::array<char, 128> lower = {};
};

const Ascii& ascii() {
  static const Ascii kTable = [] {
    Ascii made;
    for (std::size_t code = 0; code < 128; ++code) {
      made.act[code] = act_of(static_cast<char32_t>(code));
      made.lower[code] = static_cast<char>(lower_of(static_cast<char32_t>(code)));
    }
    return made;
  }();
  return kTable;
}

void end_word(std::string& words) {
  if (!words.empty() && words.back() != ' ') words.push_back(' ');
}

void put(char32_t code, Act act, std::string& words) {
  if (act == Act::drop) return;
  if (act != Act::part) end_word(words);
  if (act == Act::blank) return;
  append_character(code, words);
  if (act == Act::alone) words.push_back(' ');
}

}  // namespace

void bert_words(std::string_view text, BertFolding folding, std::string& words) {
  words.clear();
  const Ascii& table = ascii();
  std::u32string parts;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<std::uint8_t>(text[at]);
    if (byte < 0x80) {
      ++at;
      if (table.act[byte] == Act::part) {
        words.push_back(folding.lowercase ? table.lower[byte] : static_cast<char>(byte));
      } else {
        put(byte, table.act[byte], words);
      }
      continue;
    }
    const Character character = decode_character(text, at);
    at += character.size;
    const Act act = act_of(character.code);
    if (act == Act::drop || act == Act::blank || !(folding.lowercase || folding.strip_accents)) {
      put(character.code, act, words);
      continue;
    }
    if (ideograph(character.code)) end_word(words);
    if (folding.strip_accents) {
      (void)decompose(character.code, parts);
    } else {
      parts.assign(1, character.code);
    }
    for (const char32_t part : parts) {
      if (folding.strip_accents && is_nonspacing_mark(part)) continue;
      const char32_t code = folding.lowercase ? lower_of(part) : part;
      put(code, act_of(code), words);
      if (folding.lowercase && part == kDottedI) put(kDotAbove, Act::part, words);
    }
    if (ideograph(character.code)) end_word(words);
  }
  end_word(words);
}

}  // namespace mx
