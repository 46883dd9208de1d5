// SPDX-License-Identifier: Apache-2.0
// What a model is, for people who have to decide about it: what was measured first, then what was
// declared, and what is missing. One list of lines, in English and in Chinese, behind every format.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "file/minisign.h"
#include "file/reader.h"
#include "trust/standing.h"

namespace mx {

enum class Language { english, chinese };

// measured: from the file's own bytes, or by the tool that made the model. declared: by people.
enum class Known { measured, declared, missing };
[[nodiscard]] std::string_view name_of(Known known);

struct CardLine {
  std::string key;    // "parameters": the same in every language
  std::string label;  // in the card's language
  std::string text;   // empty when it is missing
  Json value;
  Known known = Known::measured;
};
struct CardSection {
  std::string key, title;
  std::vector<CardLine> lines;
};
struct Card {
  Language language = Language::english;
  std::string title;  // the model's name, or the file's
  std::vector<CardSection> sections;
  std::string note;  // that it is no legal advice
};

// What a card is made of.
struct CardFacts {
  const Overview& overview;
  const Standing& standing;
  std::vector<KeyId> signers;  // whose signatures lie beside the file
  std::string file;            // its name, without folders
};
[[nodiscard]] Card make_card(const CardFacts& facts, Language language);

// A network in words: "64 numbers; linear 64 -> 24, relu; linear 24 -> 10". Repeated parts once,
// with how often.
[[nodiscard]] std::string in_words(const Network& network, Language language);
// Of a duty, as a sentence's end: "name the author and the licence".
[[nodiscard]] std::string_view in_words(Duty duty, Language language);
[[nodiscard]] std::string_view in_words(Permission permission, Language language);
[[nodiscard]] std::string_view in_words(Allowed allowed, Language language);
[[nodiscard]] std::string_view in_words(Known known, Language language);

[[nodiscard]] std::string card_text(const Card& card);
[[nodiscard]] Json card_json(const Card& card);
// The README.md of a model on the Hugging Face hub: its YAML, then the card.
[[nodiscard]] std::string card_hf(const Card& card, const CardFacts& facts);

}  // namespace mx
