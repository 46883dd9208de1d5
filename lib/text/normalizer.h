// SPDX-License-Identifier: Apache-2.0
// What is done to a text before it is cut into tokens: a list of steps, each from text to text, as
// other programs have them (the Python package tokenizers; SentencePiece). TOKENIZERS.md lists
// them. Bytes that are not UTF-8 come through every step as they are (SentencePiece's puts U+FFFD
// for them unless they can be kept as bytes).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/charsmap.h"
#include "text/trie.h"

namespace mx {

// Where a part of a text stands: at its beginning, behind an added token in it, or in the middle of
// a text of which more was encoded before.
enum class Place : std::uint8_t { start, inside, continued };

inline constexpr std::string_view kBlank = "\xE2\x96\x81";  // U+2581, SentencePiece's blank

struct NormalizerStep {
  enum class Kind : std::uint8_t {
    nfc,
    nfd,
    nfkc,
    nfkd,
    lowercase,      // Unicode's full mapping, character by character
    strip_accents,  // without marks (M*)
    replace,        // `from` by `to`
    squeeze,        // two or more blanks by `to`
    trim,           // white space at the ends that `left` and `right` name
    prepend,        // `to` in front of a text that is not empty
    lead,           // the same, unless it begins with `to`; `first`: only at Place::start
    words,          // white space dropped, `to` in front of each word as in `lead`
    charsmap,       // the map applied as the package tokenizers does: to clusters, then characters
    sentencepiece   // the map and SentencePiece's blanks; `squeeze_blanks`, `prefix`, `keep`
  };
  Kind kind = Kind::nfc;
  std::string from = {}, to = {};
  bool left = false, right = false, first = false;
  bool prefix = false, squeeze_blanks = false;
  std::vector<Charsmap> map = {};      // one or none
  std::vector<std::string> keep = {};  // texts that no map changes
  ByteTrie kept = {};                  // of them
};

class Normalizer {
 public:
  static constexpr std::size_t kMostSteps = 32;
  static constexpr std::size_t kLongest = 1024;  // bytes of a step's texts
  // A text of n bytes may become kMostGrowth * (n + kLongest) on the way. One that Unicode's forms
  // make longest grows by 11, blanks become three bytes.
  static constexpr std::size_t kMostGrowth = 16;

  Normalizer() = default;
  // Throws Kind::input for too many steps, or texts of them that are too long.
  explicit Normalizer(std::vector<NormalizerStep> steps);
  // A list of steps; throws Kind::input with `where` for one that is not known.
  Normalizer(const Json& steps, const std::string& where);
  [[nodiscard]] Json to_json() const;

  [[nodiscard]] const std::vector<NormalizerStep>& steps() const { return steps_; }
  [[nodiscard]] bool empty() const { return steps_.empty(); }
  // Whether it puts `text` in front of texts, so that decoding takes it away again.
  [[nodiscard]] bool puts_in_front(std::string_view text) const;
  // `text` becomes what is made of it. Throws Kind::input where it grows beyond what is allowed.
  void apply(std::string& text, Place place) const;
  // The same within `most` bytes.
  void apply(std::string& text, Place place, std::size_t most) const;

 private:
  std::vector<NormalizerStep> steps_;
};

}  // namespace mx
