// SPDX-License-Identifier: Apache-2.0
#include "text/clean.h"

#include "text/quality.h"
#include "text/stream_decoder.h"
#include "text/words.h"

namespace mx {
namespace {

struct Name {
  std::string_view step, what;
};
constexpr std::array<Name, kEvents> kNames = {{
    {"utf8", "documents_repaired"},
    {"utf8", "documents_dropped"},
    {"normal-form", "documents_changed"},
    {"controls", "documents_changed"},
    {"whitespace", "documents_changed"},
    {"length", "documents_empty"},
    {"length", "documents_too_short"},
    {"length", "documents_too_long"},
    {"c4", "lines_without_end_mark"},
    {"c4", "lines_of_few_words"},
    {"c4", "lines_with_javascript"},
    {"c4", "lines_of_policy"},
    {"c4", "citation_marks"},
    {"c4", "documents_lorem_ipsum"},
    {"c4", "documents_curly_bracket"},
    {"c4", "documents_few_sentences"},
    {"gopher-quality", "documents_word_count"},
    {"gopher-quality", "documents_word_length"},
    {"gopher-quality", "documents_symbols"},
    {"gopher-quality", "documents_bullets"},
    {"gopher-quality", "documents_ellipses"},
    {"gopher-quality", "documents_not_alphabetic"},
    {"gopher-quality", "documents_no_stop_words"},
    {"gopher-repetition", "documents_repeated_lines"},
    {"gopher-repetition", "documents_repeated_paragraphs"},
    {"gopher-repetition", "documents_frequent_ngram"},
    {"gopher-repetition", "documents_repeated_ngrams"},
    {"blocklist", "documents_dropped"},
}};

bool is_on(std::string_view step, const CleanOptions& options) {
  if (step == "normal-form") return options.normal_form != NormalForm::none;
  if (step == "controls") return options.controls;
  if (step == "whitespace") return options.whitespace != Whitespace::keep;
  if (step == "c4") return options.c4;
  if (step == "gopher-quality") return options.gopher_quality;
  if (step == "gopher-repetition") return options.gopher_repetition;
  if (step == "blocklist") return !options.blocklist.empty();
  return true;
}

bool invisible(char32_t code) {
  return code == 0xAD || code == 0x61C || code == 0x180E || code == 0x200B ||
         (code >= 0x200E && code <= 0x200F) || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
         (code >= 0xFFF9 && code <= 0xFFFB) || (code >= 0xE0000 && code <= 0xE007F);
}

bool joiner(char32_t code) { return code == 0x200C || code == 0x200D; }

}  // namespace

Fields CleanOptions::fields() {
  constexpr std::string_view kGroup = "Cleaning";
  return {
      {kGroup, "invalid-utf8", "Bytes that are no UTF-8: replaced, or their document dropped.",
       choice(invalid_utf8, {{"repair", 0}, {"drop", 1}})},
      {kGroup, "normal-form", "Unicode normal form.",
       choice(normal_form, {{"none", 0}, {"nfc", 1}, {"nfkc", 2}})},
      {kGroup, "controls", "Take out control characters and invisible ones.", &controls},
      {kGroup, "whitespace", "Leave white space, tidy lines, or make runs of blanks one as well.",
       choice(whitespace, {{"keep", 0}, {"lines", 1}, {"collapse", 2}})},
      {kGroup, "min-length", "Drop documents of fewer characters.", &min_length, Range{0, 1e12}},
      {kGroup, "max-length", "Drop documents of more characters; 0: no limit.", &max_length,
       Range{0, 1e12}},
      {kGroup, "c4", "The rules of C4 for lines and pages.", &c4},
      {kGroup, "gopher-quality", "Gopher's quality rules.", &gopher_quality},
      {kGroup, "gopher-repetition", "Gopher's repetition rules.", &gopher_repetition},
      {kGroup,
       "blocklist",
       "Drop documents with a word or phrase of this file, one a line.",
       &blocklist,
       {},
       Affects::result,
       Holds::file,
       0,
       "FILE"},
  };
}

void CleanCounts::add(const CleanCounts& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
}

Json CleanCounts::json(const CleanOptions& options) const {
  Json steps = Json::object();
  for (std::size_t i = 0; i < kEvents; ++i) {
    if (!is_on(kNames[i].step, options)) continue;
    steps[std::string(kNames[i].step)][std::string(kNames[i].what)] = counts_[i];
  }
  return steps;
}

std::string without_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool after_ascii = true;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = decode_character(text, at);
    const CharClass kind = class_of(character.code);
    if (kind != CharClass::control && !invisible(character.code) &&
        !(joiner(character.code) && after_ascii)) {
      out += text.substr(at, character.size);
      after_ascii = character.code < 0x80;
    }
    at += character.size;
  }
  return out;
}

std::string tidy_whitespace(std::string_view text, Whitespace how) {
  if (how == Whitespace::keep) return std::string(text);
  std::string out;
  out.reserve(text.size());
  std::string blanks;         // since the last visible character of the line
  std::size_t line_ends = 0;  // since the last visible character
  for (std::size_t at = 0; at < text.size();) {
    const Character character = decode_character(text, at);
    at += character.size;
    if (character.code == '\r' && at < text.size() && text[at] == '\n') continue;
    if (class_of(character.code) != CharClass::space) {
      if (!out.empty()) out.append(line_ends < 2 ? line_ends : 2, '\n');
      if (how == Whitespace::collapse && !blanks.empty()) {
        blanks = line_ends > 0 || out.empty() ? "" : " ";
      }
      out += blanks;
      blanks.clear();
      line_ends = 0;
      out += text.substr(at - character.size, character.size);
      continue;
    }
    const bool line_end = (character.code >= 10 && character.code <= 13) ||
                          character.code == 0x85 || character.code == 0x2028 ||
                          character.code == 0x2029;
    if (line_end) {
      ++line_ends;
      blanks.clear();
    } else {
      blanks.push_back(character.code == '\t' ? '\t' : ' ');
    }
  }
  return out;
}

bool Cleaner::clean(std::string& document, CleanCounts& counts) const {
  const auto change = [&](std::string to, Event event) {
    if (to == document) return;
    counts.add(event);
    document = std::move(to);
  };
  const auto drop = [&](Event event) {
    counts.add(event);
    return false;
  };
  std::string repaired = replace_invalid(document);
  if (repaired != document && options_.invalid_utf8 == InvalidUtf8::drop) {
    return drop(Event::utf8_dropped);
  }
  change(std::move(repaired), Event::utf8_repaired);
  if (options_.normal_form != NormalForm::none) {
    change(normalize(document, options_.normal_form), Event::normalized);
  }
  if (options_.controls) change(without_controls(document), Event::controls_changed);
  if (options_.whitespace != Whitespace::keep) {
    change(tidy_whitespace(document, options_.whitespace), Event::whitespace_changed);
  }
  if (options_.c4) document = c4_lines(document, counts);
  if (trim(document).empty()) return drop(Event::empty_dropped);
  const auto length = static_cast<std::int64_t>(characters_in(document));
  if (length < options_.min_length) return drop(Event::too_short);
  if (options_.max_length > 0 && length > options_.max_length) return drop(Event::too_long);
  if (options_.c4 && !c4_page(document, counts)) return false;
  if (options_.gopher_quality && !gopher_quality(document, counts)) return false;
  if (options_.gopher_repetition && !gopher_repetition(document, counts)) return false;
  if (blocklist_.matches(document)) return drop(Event::blocked);
  return true;
}

}  // namespace mx
