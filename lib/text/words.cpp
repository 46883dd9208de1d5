// SPDX-License-Identifier: Apache-2.0
#include "text/words.h"

#include <algorithm>

#include "text/unicode.h"

namespace mx {
namespace {

// Where the first white space (or, `inverse`, something else) at or after `at` begins.
std::size_t find_space(std::string_view text, std::size_t at, bool inverse = false) {
  while (at < text.size()) {
    const Character character = decode_character(text, at);
    if ((class_of(character.code) == CharClass::space) != inverse) break;
    at += character.size;
  }
  return at;
}

}  // namespace

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = find_space(text, 0, true); at < text.size();) {
    const std::size_t end = find_space(text, at);
    words.push_back(text.substr(at, end - at));
    at = find_space(text, end, true);
  }
  return words;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!trim(text.substr(0, end)).empty()) lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::string_view> paragraphs_of(std::string_view text) {
  std::vector<std::string_view> paragraphs;
  const char* begin = nullptr;
  const char* end = nullptr;
  for (const std::string_view line : lines_of(text)) {
    if (begin != nullptr && line.data() == end + 1) {
      end = line.data() + line.size();
      continue;
    }
    if (begin != nullptr) paragraphs.emplace_back(begin, static_cast<std::size_t>(end - begin));
    begin = line.data();
    end = begin + line.size();
  }
  if (begin != nullptr) paragraphs.emplace_back(begin, static_cast<std::size_t>(end - begin));
  return paragraphs;
}

std::string_view trim(std::string_view text) {
  text.remove_prefix(find_space(text, 0, true));
  std::size_t end = text.size();
  while (end > 0) {
    std::size_t begin = end - 1;
    while (begin > 0 && end - begin < 4 && is_continuation(text[begin])) --begin;
    if (class_of(decode_character(text, begin).code) != CharClass::space) break;
    end = begin;
  }
  return text.substr(0, end);
}

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return !is_continuation(byte); }));
}

std::string plain_words(std::string_view text) {
  std::string words;
  words.reserve(text.size() + 1);
  for (std::size_t at = 0; at < text.size();) {
    const Character character = decode_character(text, at);
    at += character.size;
    const CharClass kind = class_of(character.code);
    if (kind == CharClass::letter || kind == CharClass::number || kind == CharClass::mark) {
      append_character(lower_of(character.code), words);
    } else if (!words.empty() && words.back() != ' ') {
      words.push_back(' ');
    }
  }
  if (!words.empty() && words.back() != ' ') words.push_back(' ');
  return words;
}

}  // namespace mx
