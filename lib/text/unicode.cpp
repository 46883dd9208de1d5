// SPDX-License-Identifier: Apache-2.0
#include "text/unicode.h"

#include <utf8proc.h>

#include <array>
#include <cstdlib>
#include <memory>

#include "base/error.h"

namespace mx {
namespace {

CharClass class_of_category(utf8proc_category_t category) {
  switch (category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return CharClass::letter;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return CharClass::mark;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return CharClass::number;
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
      return CharClass::punctuation;
    case UTF8PROC_CATEGORY_SM:
    case UTF8PROC_CATEGORY_SC:
    case UTF8PROC_CATEGORY_SK:
    case UTF8PROC_CATEGORY_SO:
      return CharClass::symbol;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return CharClass::space;
    case UTF8PROC_CATEGORY_CC:
      return CharClass::control;
    case UTF8PROC_CATEGORY_CF:
      return CharClass::format;
    default:
      return CharClass::other;
  }
}

CharClass look_up(char32_t code) {
  if ((code >= 9 && code <= 13) || code == 0x85) return CharClass::space;
  return class_of_category(utf8proc_category(static_cast<utf8proc_int32_t>(code)));
}

CharCase look_up_case(char32_t code) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT:
      return CharCase::upper;
    case UTF8PROC_CATEGORY_LL:
      return CharCase::lower;
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return CharCase::any;
    default:
      return CharCase::none;
  }
}

// The first 2048 codes, which are nearly all text in alphabets, without a walk through the tables.
constexpr std::size_t kQuick = 0x800;
template <class T>
std::array<T, kQuick> quick(T (*look)(char32_t)) {
  std::array<T, kQuick> out = {};
  for (std::size_t code = 0; code < kQuick; ++code) out[code] = look(static_cast<char32_t>(code));
  return out;
}

bool all_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

}  // namespace

CharClass class_of(char32_t code) {
  static const std::array<CharClass, kQuick> kTable = quick(look_up);
  return code < kQuick ? kTable[code] : look_up(code);
}

CharCase case_of(char32_t code) {
  static const std::array<CharCase, kQuick> kTable = quick(look_up_case);
  return code < kQuick ? kTable[code] : look_up_case(code);
}

bool is_nonspacing_mark(char32_t code) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(code)) == UTF8PROC_CATEGORY_MN;
}

char32_t lower_of(char32_t code) {
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code)));
}

void append_lower(char32_t code, std::string& out) {
  append_character(lower_of(code), out);
  // The one character whose lower case is two (SpecialCasing.txt): I with a dot above.
  if (code == 0x130) append_character(0x307, out);
}

std::size_t cluster_end(std::string_view text, std::size_t at) {
  const auto plain = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]) < 0x80; };
  if (plain(at) && (at + 1 == text.size() || (plain(at + 1) && text[at + 1] != '\n'))) {
    return at + 1;
  }
  Character character = decode_character(text, at);
  utf8proc_int32_t state = 0;
  for (at += character.size; at < text.size(); at += character.size) {
    const auto before = static_cast<utf8proc_int32_t>(character.code);
    character = decode_character(text, at);
    const auto behind = static_cast<utf8proc_int32_t>(character.code);
    if (utf8proc_grapheme_break_stateful(before, behind, &state)) break;
  }
  return at;
}

std::u32string_view decompose(char32_t code, std::u32string& buffer) {
  std::array<utf8proc_int32_t, 8> codes = {};
  int last_class = 0;
  const utf8proc_ssize_t count =
      utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code), codes.data(), codes.size(),
                              UTF8PROC_DECOMPOSE, &last_class);
  buffer.clear();
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    buffer.push_back(static_cast<char32_t>(codes[static_cast<std::size_t>(i)]));
  }
  if (count <= 0) buffer.push_back(code);
  return buffer;
}

std::string normalize(std::string_view text, NormalForm form) {
  if (form == NormalForm::none || all_ascii(text)) return std::string(text);
  const bool composed = form == NormalForm::nfc || form == NormalForm::nfkc;
  const bool compatible = form == NormalForm::nfkc || form == NormalForm::nfkd;
  const auto options = static_cast<utf8proc_option_t>(
      UTF8PROC_STABLE | (composed ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE) |
      (compatible ? UTF8PROC_COMPAT : 0));
  utf8proc_uint8_t* mapped = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &mapped, options);
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owned(mapped, std::free);
  if (size == UTF8PROC_ERROR_INVALIDUTF8) fail(Kind::input, "the text is not valid UTF-8");
  if (size < 0) fail(Kind::failed, "Unicode normalization failed: {}", utf8proc_errmsg(size));
  return {reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size)};
}

std::string_view unicode_version() { return utf8proc_unicode_version(); }

}  // namespace mx
