// SPDX-License-Identifier: Apache-2.0
#include "text/clean.h"

#include <doctest/doctest.h>

#include "base/random.h"
#include "base/words.h"
#include "golden.h"
#include "text/quality.h"
#include "text/words.h"

using namespace mx;

namespace {

CleanOptions nothing() {
  CleanOptions options;
  options.normal_form = NormalForm::none;
  options.controls = false;
  options.whitespace = Whitespace::keep;
  return options;
}

struct Cleaned {
  bool kept = false;
  std::string text;
  CleanCounts counts;
};
Cleaned run(const CleanOptions& options, std::string text, std::string_view blocked = "") {
  Cleaned out{false, std::move(text), {}};
  out.kept = Cleaner(options, Blocklist(blocked)).clean(out.text, out.counts);
  return out;
}

std::string times(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

// 60 different words with the stop words, as English as the rules ask for.
std::string prose() {
  std::string out;
  for (int i = 0; i < 60; ++i) {
    out += i % 10 == 0   ? "the "
           : i % 10 == 5 ? "that "
                         : "word" + std::string(1, static_cast<char>('a' + i % 26)) +
                               std::string(1, static_cast<char>('a' + i / 26)) + " ";
  }
  return out + "end.";
}

}  // namespace

TEST_CASE("steps that are off change nothing") {
  const std::string text = "a\r\n  b\u200B\x01 e\u0301\n\n\n\n";
  const Cleaned out = run(nothing(), text);
  CHECK(out.kept);
  CHECK(out.text == text);
}

TEST_CASE("invalid UTF-8 is repaired or its document dropped, and counted") {
  CleanOptions options = nothing();
  Cleaned out = run(options, "a\xFFz");
  CHECK(out.kept);
  CHECK(out.text == "a\uFFFDz");
  CHECK(out.counts[Event::utf8_repaired] == 1);
  options.invalid_utf8 = InvalidUtf8::drop;
  out = run(options, "a\xFFz");
  CHECK_FALSE(out.kept);
  CHECK(out.counts[Event::utf8_dropped] == 1);
  CHECK(run(options, "fine").kept);
}

TEST_CASE("normal forms are applied and counted") {
  CleanOptions options = nothing();
  options.normal_form = NormalForm::nfc;
  Cleaned out = run(options, "e\u0301 \uFB01");
  CHECK(out.text == "\u00E9 \uFB01");
  CHECK(out.counts[Event::normalized] == 1);
  options.normal_form = NormalForm::nfkc;
  CHECK(run(options, "\uFB01").text == "fi");
  CHECK(run(options, "fi").counts[Event::normalized] == 0);
}

TEST_CASE("control characters and invisible ones go, joiners that a script needs stay") {
  CHECK(without_controls("a\x01"
                         "b\x7F\u0085c\tn\n") == "ab\u0085c\tn\n");
  CHECK(without_controls("\uFEFFzero\u200Bwidth\u00AD soft\u2060\u202Eright") ==
        "zerowidth softright");
  CHECK(without_controls("a\u200Db") == "ab");
  const std::string family = "\U0001F468\u200D\U0001F469";  // an emoji made of two
  CHECK(without_controls(family) == family);
  const std::string persian = "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645";
  CHECK(without_controls(persian) == persian);
}

TEST_CASE("white space is tidied by lines, or collapsed") {
  const std::string text = "\r\n\r\n  if x:\u00A0 \r\n\tpass  \r\r\n\n\n\nend \u3000 z  \n\n";
  CHECK(tidy_whitespace(text, Whitespace::lines) == "  if x:\n\tpass\n\nend   z");
  CHECK(tidy_whitespace(text, Whitespace::collapse) == "if x:\npass\n\nend z");
  CHECK(tidy_whitespace(text, Whitespace::keep) == text);
  CHECK(tidy_whitespace(" \n ", Whitespace::lines).empty());
}

TEST_CASE("lengths are characters, and empty documents are dropped") {
  CleanOptions options = nothing();
  options.min_length = 3;
  options.max_length = 4;
  CHECK(run(options, "\u00E9\u00E9\u00E9").kept);
  CHECK(run(options, "\u00E9\u00E9").counts[Event::too_short] == 1);
  CHECK(run(options, "abcde").counts[Event::too_long] == 1);
  CHECK(run(nothing(), " \n\t ").counts[Event::empty_dropped] == 1);
  CHECK_FALSE(run(nothing(), "").kept);
}

TEST_CASE("the blocklist matches words and phrases, not parts of words") {
  const std::string_view blocked = "# comment\nbad word\nUgly\n\n";
  CHECK_FALSE(run(nothing(), "a BAD,  Word here", blocked).kept);
  CHECK_FALSE(run(nothing(), "how ugly!", blocked).kept);
  CHECK(run(nothing(), "uglyish words, not bad", blocked).kept);
  CHECK(run(nothing(), "comment", blocked).kept);
}

TEST_CASE("C4 keeps sentences and drops pages that are none") {
  CleanCounts counts;
  const std::string good = "This line has a good end.";
  CHECK(
      c4_lines(good +
                   "\nmenu | home | login\nToo short.\nPlease enable Javascript to see this page.\n"
                   "We use cookies on this fine page.\nIt trails off at the end...\n" +
                   good,
               counts) == good + "\n" + good);
  CHECK(counts[Event::c4_line_end] == 2);
  CHECK(counts[Event::c4_line_words] == 1);
  CHECK(counts[Event::c4_line_script] == 1);
  CHECK(counts[Event::c4_line_policy] == 1);
  CHECK(c4_lines("A claim[12] of some weight[citation needed] here.", counts) ==
        "A claim of some weight here.");
  CHECK(counts[Event::c4_citations] == 2);
  CHECK(c4_page(times(good + " ", 3), counts));
  CHECK_FALSE(c4_page(times(good + " ", 2), counts));
  CHECK_FALSE(c4_page(times(good + " ", 3) + "Lorem Ipsum", counts));
  CHECK_FALSE(c4_page(times(good + " ", 3) + "f() {", counts));
}

TEST_CASE("each of Gopher's quality rules drops what it names") {
  CleanCounts counts;
  REQUIRE(gopher_quality(prose(), counts));
  const auto dropped_by = [](const std::string& text) {
    CleanCounts found;
    CHECK_FALSE(gopher_quality(text, found));
    for (std::size_t i = 0; i < kEvents; ++i) {
      if (found[static_cast<Event>(i)] > 0) return static_cast<Event>(i);
    }
    return Event::blocked;
  };
  CHECK(dropped_by("the of and to") == Event::gopher_word_count);
  CHECK(dropped_by(times("the of a ", 40)) == Event::gopher_word_length);
  CHECK(dropped_by(times("the extraordinarilylong ", 40)) == Event::gopher_word_length);
  CHECK(dropped_by(prose() + times(" #tag", 9)) == Event::gopher_symbols);
  CHECK(dropped_by(prose() + times(" wait...", 9)) == Event::gopher_symbols);
  CHECK(dropped_by(times("- the word that counts here\n", 12)) == Event::gopher_bullets);
  CHECK(dropped_by(times(prose() + "\n", 2) + "and so on...") == Event::gopher_ellipses);
  CHECK(dropped_by(times("12345 the 678 of ", 20)) == Event::gopher_alphabetic);
  CHECK(dropped_by(times("words without function ", 20)) == Event::gopher_stop_words);
}

TEST_CASE("each of Gopher's repetition rules drops what it names") {
  CleanCounts counts;
  REQUIRE(gopher_repetition(prose(), counts));
  CHECK(counts[Event::gopher_duplicate_lines] == 0);
  CHECK_FALSE(gopher_repetition(prose() + "\n" + times("same line again\n", 20), counts));
  CHECK(counts[Event::gopher_duplicate_lines] == 1);
  const std::string two = "first line of it\nsecond line of it";
  CHECK_FALSE(gopher_repetition(
      two + "\n\n" + "x\n\n" + "y\n\n" + two + "\n" + prose() + "\n\n" + "z\n\n" + "x\n\n" + "y",
      counts));
  CHECK(counts[Event::gopher_duplicate_lines] + counts[Event::gopher_duplicate_paragraphs] == 2);
  CHECK_FALSE(gopher_repetition(times("buy now at ", 5) + prose().substr(0, 60), counts));
  CHECK(counts[Event::gopher_top_ngrams] == 1);
  CHECK_FALSE(gopher_repetition(prose() + " " + prose(), counts));
  CHECK(counts[Event::gopher_duplicate_ngrams] == 1);
}

TEST_CASE("cleaning is stable and leaves valid UTF-8, whatever the bytes") {
  Random random(9);
  CleanOptions options;
  options.c4 = false;
  for (int i = 0; i < 400; ++i) {
    std::string text;
    for (std::uint64_t left = random.below(300); left > 0; --left) {
      text.push_back(
          static_cast<char>(random.below(3) == 0 ? random.below(256) : 32 + random.below(90)));
    }
    for (const Whitespace how : {Whitespace::lines, Whitespace::collapse}) {
      options.whitespace = how;
      const Cleaned once = run(options, text);
      if (!once.kept) continue;
      CHECK(valid_utf8(once.text));
      CHECK(run(options, once.text).text == once.text);
    }
  }
}

TEST_CASE("the report lists the steps that are on, in their order") {
  CleanOptions options;
  options.gopher_quality = true;
  std::vector<std::string> steps;
  const Json report = CleanCounts().json(options);
  for (const auto& [step, counts] : report.items()) steps.push_back(step);
  CHECK(steps == std::vector<std::string>{"utf8", "normal-form", "controls", "whitespace", "length",
                                          "gopher-quality"});
}

TEST_CASE("paragraphs, lines and words are what a reader sees") {
  const std::string text = " one two\nthree\n\n\u2003\nfour\u00A0five\n";
  CHECK(lines_of(text).size() == 3);
  CHECK(paragraphs_of(text) == std::vector<std::string_view>{" one two\nthree", "four\u00A0five"});
  CHECK(words_of(text).size() == 5);
  CHECK(trim("\u3000 a b\u00A0\n") == "a b");
  CHECK(trim(" \n").empty());
  CHECK(plain_words("It's 5 o'CLOCK-ish, \u00C9mile!") == "it s 5 o clock ish \u00E9mile ");
}
