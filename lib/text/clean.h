// SPDX-License-Identifier: Apache-2.0
// Cleaning one document: steps in a fixed order, each of which can be switched off, and counts what
// it did. A document is changed or dropped as a whole; the result depends on the document and the
// options only.
//
// Order: UTF-8, normal form, control characters, white space, C4's lines, length, C4's pages,
// Gopher's quality and repetition rules (text/quality.h), blocklist.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/fields.h"
#include "text/blocklist.h"
#include "text/unicode.h"

namespace mx {

enum class InvalidUtf8 { repair, drop };          // each bad part made U+FFFD, or no document
enum class Whitespace { keep, lines, collapse };  // see CleanOptions

struct CleanOptions {
  InvalidUtf8 invalid_utf8 = InvalidUtf8::repair;
  NormalForm normal_form = NormalForm::nfc;
  // Without control characters (but TAB and line ends) and what takes no room and says nothing:
  // zero-width space, word joiner, byte order marks, soft hyphens, directional marks, tags, and
  // joiners that follow ASCII.
  bool controls = true;
  // lines: LF line ends, one kind of blank, none at line ends, at most one blank line in a row;
  // collapse: besides, runs of blanks inside a line become one.
  Whitespace whitespace = Whitespace::lines;
  std::int64_t min_length = 0, max_length = 0;  // characters; 0: no limit
  bool c4 = false, gopher_quality = false, gopher_repetition = false;
  std::string blocklist;  // a file: a word or phrase a line

  Fields fields();
};

// What can happen to a document; `kNames` in clean.cpp says what each is called in a report.
enum class Event : std::uint8_t {
  utf8_repaired,
  utf8_dropped,
  normalized,
  controls_changed,
  whitespace_changed,
  empty_dropped,
  too_short,
  too_long,
  c4_line_end,     // lines
  c4_line_words,   // lines
  c4_line_script,  // lines
  c4_line_policy,  // lines
  c4_citations,    // marks
  c4_lorem_ipsum,
  c4_curly_bracket,
  c4_sentences,
  gopher_word_count,
  gopher_word_length,
  gopher_symbols,
  gopher_bullets,
  gopher_ellipses,
  gopher_alphabetic,
  gopher_stop_words,
  gopher_duplicate_lines,
  gopher_duplicate_paragraphs,
  gopher_top_ngrams,
  gopher_duplicate_ngrams,
  blocked,
};
inline constexpr std::size_t kEvents = static_cast<std::size_t>(Event::blocked) + 1;

class CleanCounts {
 public:
  void add(Event event, std::uint64_t count = 1) {
    counts_[static_cast<std::size_t>(event)] += count;
  }
  void add(const CleanCounts& other);
  [[nodiscard]] std::uint64_t operator[](Event event) const {
    return counts_[static_cast<std::size_t>(event)];
  }
  // {"utf8": {"documents_repaired": 0, ...}, ...}: the steps that are on, in their order.
  [[nodiscard]] Json json(const CleanOptions& options) const;

 private:
  std::array<std::uint64_t, kEvents> counts_ = {};
};

class Cleaner {
 public:
  // `blocklist` may be empty.
  Cleaner(const CleanOptions& options, Blocklist blocklist)
      : options_(options), blocklist_(std::move(blocklist)) {}
  // False: the document is dropped. May be called from any thread.
  [[nodiscard]] bool clean(std::string& document, CleanCounts& counts) const;

 private:
  CleanOptions options_;
  Blocklist blocklist_;
};

// The two steps that are more than a call; both want valid UTF-8.
[[nodiscard]] std::string without_controls(std::string_view text);
[[nodiscard]] std::string tidy_whitespace(std::string_view text, Whitespace how);

}  // namespace mx
