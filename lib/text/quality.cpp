// SPDX-License-Identifier: Apache-2.0
#include "text/quality.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "text/clean.h"
#include "text/hash.h"
#include "text/words.h"

namespace mx {
namespace {

using Words = std::vector<std::string_view>;

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return out;
}

bool has_letter(std::string_view word) {
  for (std::size_t at = 0; at < word.size();) {
    const Character character = decode_character(word, at);
    if (class_of(character.code) == CharClass::letter) return true;
    at += character.size;
  }
  return false;
}

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

bool above(std::size_t part, std::size_t whole, double share) {
  return static_cast<double>(part) > share * static_cast<double>(whole);
}

// "period, exclamation mark, question mark, or end quotation mark"; an ellipsis is none.
bool ends_a_sentence(std::string_view line) {
  if (line.ends_with("...") || line.ends_with("\u2026")) return false;
  for (const std::string_view mark : {".", "!", "?", "\"", "\u201D"}) {
    if (line.ends_with(mark)) return true;
  }
  return false;
}

std::size_t sentences_in(std::string_view text) {
  std::size_t count = 0;
  for (const std::string_view word : words_of(text)) {
    std::string_view bare = word;
    while (bare.ends_with('"') || bare.ends_with(')') || bare.ends_with('\''))
      bare.remove_suffix(1);
    count += bare.ends_with('.') || bare.ends_with('!') || bare.ends_with('?') ? 1 : 0;
  }
  return count;
}

// Wikipedia's "[1]", "[edit]", "[citation needed]".
std::string without_citations(std::string_view line, CleanCounts& counts) {
  std::string out;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = line[at] == '[' ? line.find(']', at) : std::string_view::npos;
    if (end != std::string_view::npos) {
      const std::string_view inside = line.substr(at + 1, end - at - 1);
      const bool number = !inside.empty() && std::all_of(inside.begin(), inside.end(), [](char c) {
        return c >= '0' && c <= '9';
      });
      if (number || inside == "edit" || inside == "citation needed") {
        counts.add(Event::c4_citations);
        at = end + 1;
        continue;
      }
    }
    out.push_back(line[at++]);
  }
  return out;
}

struct Repeated {  // of all but the first of equal elements
  std::size_t count = 0, characters = 0;
};
Repeated repeated(const Words& elements) {
  std::unordered_set<std::string_view> seen;
  Repeated out;
  for (const std::string_view element : elements) {
    if (seen.insert(trim(element)).second) continue;
    ++out.count;
    out.characters += characters_in(element);
  }
  return out;
}

struct CountedWords {
  std::vector<std::uint64_t> hashes;
  std::vector<std::size_t> characters;
  [[nodiscard]] std::uint64_t ngram(std::size_t at, std::size_t n) const {
    std::uint64_t hash = n;
    for (std::size_t i = at; i < at + n; ++i) hash = hash_numbers(hash, hashes[i]);
    return hash;
  }
};

// Characters of the most frequent n-gram, all its occurrences together.
std::size_t top_ngram(const CountedWords& words, std::size_t n) {
  std::unordered_map<std::uint64_t, std::size_t> counts;
  std::size_t best = 0, characters = 0;
  for (std::size_t at = 0; at + n <= words.hashes.size(); ++at) {
    const std::size_t count = ++counts[words.ngram(at, n)];
    if (count < 2 || count < best) continue;
    std::size_t size = 0;
    for (std::size_t i = at; i < at + n; ++i) size += words.characters[i];
    characters = count > best ? count * size : std::max(characters, count * size);
    best = count;
  }
  return characters;
}

// Characters of words in n-grams that stood before, each word counted once.
std::size_t duplicate_ngrams(const CountedWords& words, std::size_t n) {
  std::unordered_set<std::uint64_t> seen;
  std::size_t characters = 0, counted = 0;  // words before `counted` are done
  for (std::size_t at = 0; at + n <= words.hashes.size(); ++at) {
    if (seen.insert(words.ngram(at, n)).second) continue;
    for (std::size_t i = std::max(at, counted); i < at + n; ++i) characters += words.characters[i];
    counted = at + n;
  }
  return characters;
}

}  // namespace

std::string c4_lines(std::string_view text, CleanCounts& counts) {
  static constexpr std::array<std::string_view, 6> kPolicy = {"terms of use",   "privacy policy",
                                                              "cookie policy",  "uses cookies",
                                                              "use of cookies", "use cookies"};
  std::string out;
  for (const std::string_view given : lines_of(text)) {
    const std::string line = without_citations(trim(given), counts);
    if (!ends_a_sentence(trim(line))) {
      counts.add(Event::c4_line_end);
      continue;
    }
    if (words_of(line).size() < 5) {
      counts.add(Event::c4_line_words);
      continue;
    }
    const std::string lower = ascii_lower(line);
    if (lower.find("javascript") != std::string::npos) {
      counts.add(Event::c4_line_script);
      continue;
    }
    if (std::any_of(kPolicy.begin(), kPolicy.end(), [&](std::string_view policy) {
          return lower.find(policy) != std::string::npos;
        })) {
      counts.add(Event::c4_line_policy);
      continue;
    }
    if (!out.empty()) out.push_back('\n');
    out += line;
  }
  return out;
}

bool c4_page(std::string_view text, CleanCounts& counts) {
  const auto drop = [&counts](Event event) {
    counts.add(event);
    return false;
  };
  if (ascii_lower(text).find("lorem ipsum") != std::string::npos) {
    return drop(Event::c4_lorem_ipsum);
  }
  if (text.find('{') != std::string_view::npos) return drop(Event::c4_curly_bracket);
  if (sentences_in(text) < 3) return drop(Event::c4_sentences);
  return true;
}

bool gopher_quality(std::string_view text, CleanCounts& counts) {
  static const std::unordered_set<std::string> kStopWords = {"the", "be",   "to",   "of",
                                                             "and", "that", "have", "with"};
  const auto drop = [&counts](Event event) {
    counts.add(event);
    return false;
  };
  const Words words = words_of(text), lines = lines_of(text);
  if (words.size() < 50 || words.size() > 100'000) return drop(Event::gopher_word_count);
  std::size_t characters = 0, alphabetic = 0;
  std::unordered_set<std::string> stop_words;
  for (const std::string_view word : words) {
    characters += characters_in(word);
    alphabetic += has_letter(word) ? 1 : 0;
    if (word.size() > 4) continue;
    if (std::string lower = ascii_lower(word); kStopWords.contains(lower)) {
      stop_words.insert(std::move(lower));
    }
  }
  if (characters < 3 * words.size() || characters > 10 * words.size()) {
    return drop(Event::gopher_word_length);
  }
  const std::size_t ellipses = count_of(text, "...") + count_of(text, "\u2026");
  if (above(count_of(text, "#"), words.size(), 0.1) || above(ellipses, words.size(), 0.1)) {
    return drop(Event::gopher_symbols);
  }
  std::size_t bullets = 0, open = 0;
  for (const std::string_view given : lines) {
    const std::string_view line = trim(given);
    bullets += line.starts_with('-') || line.starts_with('*') || line.starts_with("\u2022") ? 1 : 0;
    open += line.ends_with("...") || line.ends_with("\u2026") ? 1 : 0;
  }
  if (above(bullets, lines.size(), 0.9)) return drop(Event::gopher_bullets);
  if (above(open, lines.size(), 0.3)) return drop(Event::gopher_ellipses);
  if (alphabetic * 10 < words.size() * 8) {
    return drop(Event::gopher_alphabetic);
  }
  if (stop_words.size() < 2) return drop(Event::gopher_stop_words);
  return true;
}

bool gopher_repetition(std::string_view text, CleanCounts& counts) {
  const auto drop = [&counts](Event event) {
    counts.add(event);
    return false;
  };
  const std::size_t characters = characters_in(text);
  const Words lines = lines_of(text), paragraphs = paragraphs_of(text);
  const Repeated line = repeated(lines), paragraph = repeated(paragraphs);
  if (above(line.count, lines.size(), 0.3) || above(line.characters, characters, 0.2)) {
    return drop(Event::gopher_duplicate_lines);
  }
  if (above(paragraph.count, paragraphs.size(), 0.3) ||
      above(paragraph.characters, characters, 0.2)) {
    return drop(Event::gopher_duplicate_paragraphs);
  }
  CountedWords words;
  for (const std::string_view word : words_of(text)) {
    words.hashes.push_back(hash_text(word));
    words.characters.push_back(characters_in(word));
  }
  static constexpr std::array<double, 3> kTop = {0.20, 0.18, 0.16};  // n = 2, 3, 4
  for (std::size_t i = 0; i < kTop.size(); ++i) {
    if (above(top_ngram(words, i + 2), characters, kTop[i])) {
      return drop(Event::gopher_top_ngrams);
    }
  }
  static constexpr std::array<double, 6> kDuplicate = {0.15, 0.14, 0.13,
                                                       0.12, 0.11, 0.10};  // n = 5 ... 10
  for (std::size_t i = 0; i < kDuplicate.size(); ++i) {
    if (above(duplicate_ngrams(words, i + 5), characters, kDuplicate[i])) {
      return drop(Event::gopher_duplicate_ngrams);
    }
  }
  return true;
}

}  // namespace mx
