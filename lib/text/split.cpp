// SPDX-License-Identifier: Apache-2.0
#include "text/split.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "base/words.h"
#include "text/unicode.h"

namespace mx {
namespace {

constexpr std::array<std::string_view, 12> kNames = {
    "gpt2",    "llama3", "qwen2",    "tekken",      "o200k",   "digits",
    "triples", "cjk",    "deepseek", "punctuation", "numbers", "thousands"};

enum class Run : std::uint8_t { letters, numbers, others, space };

Run run_of(CharClass kind) {
  switch (kind) {
    case CharClass::letter:
      return Run::letters;
    case CharClass::number:
      return Run::numbers;
    case CharClass::space:
      return Run::space;
    default:
      return Run::others;
  }
}

const std::array<Run, 128>& ascii_runs() {
  static const std::array<Run, 128> kTable = [] {
    std::array<Run, 128> runs = {};
    for (std::size_t code = 0; code < runs.size(); ++code) {
      runs[code] = run_of(class_of(static_cast<char32_t>(code)));
    }
    return runs;
  }();
  return kTable;
}

struct Step {
  Run run;
  std::size_t size;
};

Step step_at(std::string_view text, std::size_t at, const std::array<Run, 128>& ascii) {
  const auto byte = static_cast<std::uint8_t>(text[at]);
  if (byte < 0x80) return {ascii[byte], 1};
  const Character character = decode_character(text, at);
  if (!character.valid) return {Run::others, 1};
  return {run_of(class_of(character.code)), character.size};
}

// Length of 's 't 're 've 'm 'll 'd at the beginning of `text` (which begins with '), else 0.
std::size_t contraction(std::string_view text) {
  if (text.size() < 2) return 0;
  const char a = text[1];
  if (a == 's' || a == 't' || a == 'm' || a == 'd') return 2;
  if (text.size() < 3) return 0;
  const char b = text[2];
  return ((a == 'r' || a == 'v') && b == 'e') || (a == 'l' && b == 'l') ? 3 : 0;
}

// How many bytes the run of `run` at `at` has.
std::size_t run_size(std::string_view text, std::size_t at, Run run,
                     const std::array<Run, 128>& ascii) {
  std::size_t end = at;
  while (end < text.size()) {
    const Step step = step_at(text, end, ascii);
    if (step.run != run) break;
    end += step.size;
  }
  return end - at;
}

// White space before something else leaves its last character to it: \s+(?!\S) gives one back.
// `size`: of the run of white space at the beginning.
std::size_t spaces(std::string_view text, std::size_t size) {
  if (size == text.size()) return size;
  std::size_t last = size - 1;
  while (is_continuation(text[last])) --last;
  return last > 0 ? last : size;
}

bool newline(char c) { return c == '\r' || c == '\n'; }

// \s*[\r\n]+|\s+(?!\S)|\s+ of a text that begins with `size` bytes of white space.
std::size_t spaces_by_line(std::string_view text, std::size_t size) {
  const std::size_t last = text.substr(0, size).find_last_of("\r\n");
  return last != std::string_view::npos ? last + 1 : spaces(text, size);
}

std::size_t gpt2_word(std::string_view text) {
  const auto& ascii = ascii_runs();
  if (text[0] == '\'') {
    if (const std::size_t size = contraction(text); size > 0) return size;
  }
  Step step = step_at(text, 0, ascii);
  std::size_t end = step.size;
  if (text[0] == ' ' && end < text.size()) {
    const Step after = step_at(text, end, ascii);
    if (after.run != Run::space) {  // the optional blank before a run
      step = after;
      end += after.size;
    }
  }
  end += run_size(text, end, step.run, ascii);
  return step.run == Run::space ? spaces(text, end) : end;
}

// The same without regard to case, to which the long s belongs, too.
std::size_t any_contraction(std::string_view text) {
  constexpr std::string_view kLongS = "\xC5\xBF";
  if (text.substr(1).starts_with(kLongS)) return 1 + kLongS.size();
  std::array<char, 3> lower = {};
  const std::size_t size = std::min<std::size_t>(text.size(), lower.size());
  for (std::size_t i = 0; i < size; ++i) {
    lower[i] =
        text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + ('a' - 'A')) : text[i];
  }
  return contraction(std::string_view(lower.data(), size));
}

// \p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[behind]*|\s*[\r\n]+|\s+(?!\S)|\s+ of a text that begins with
// `step`, which is no letter.
std::size_t plain_word(std::string_view text, Step step, std::size_t digits,
                       std::string_view behind) {
  const auto& ascii = ascii_runs();
  std::size_t end = step.size;
  if (step.run == Run::numbers) {
    for (std::size_t i = 1; i < digits && end < text.size(); ++i) {
      const Step more = step_at(text, end, ascii);
      if (more.run != Run::numbers) break;
      end += more.size;
    }
    return end;
  }
  const bool blank_first =
      text[0] == ' ' && end < text.size() && step_at(text, end, ascii).run == Run::others;
  if (step.run == Run::others || blank_first) {
    end += run_size(text, end, Run::others, ascii);
    return std::min(text.find_first_not_of(behind, end), text.size());
  }
  return spaces_by_line(text, end + run_size(text, end, Run::space, ascii));
}

std::size_t llama3_word(std::string_view text, std::size_t digits) {
  const auto& ascii = ascii_runs();
  if (text[0] == '\'') {
    if (const std::size_t size = any_contraction(text); size > 0) return size;
  }
  const Step step = step_at(text, 0, ascii);
  // One character that is neither newline nor number goes with the letters behind it.
  if (step.run != Run::numbers && !newline(text[0])) {
    const std::size_t letters = run_size(text, step.size, Run::letters, ascii);
    if (letters > 0 || step.run == Run::letters) return step.size + letters;
  }
  return plain_word(text, step, digits, "\r\n");
}

// What `look` says of the character at `at`; bytes that are not UTF-8 are U+FFFD.
template <class T>
struct Seen {
  T kind;
  std::size_t size;
};
template <class Look>
Seen<std::invoke_result_t<Look, char32_t>> see(std::string_view text, std::size_t at,
                                               const Look& look) {
  const auto byte = static_cast<std::uint8_t>(text[at]);
  if (byte < 0x80) return {look(byte), 1};
  const Character character = decode_character(text, at);
  return {look(character.code), character.size};
}

// [U]*[l]+|[U]+[l]* of tekken at `at`: where it ends, `at` where there is none. What has no case is
// in both: without a small letter behind them, capitals are left out down to the last of those.
std::size_t cased_end(std::string_view text, std::size_t at) {
  std::size_t end = at, caseless_end = at;
  bool small = false;
  while (end < text.size()) {
    const auto [kind, size] = see(text, end, case_of);
    if (kind == CharCase::none || (small && kind == CharCase::upper)) break;
    small = small || kind == CharCase::lower;
    end += size;
    if (kind == CharCase::any) caseless_end = end;
  }
  return small || caseless_end == at ? end : caseless_end;
}

std::size_t cased_word(std::string_view text, std::size_t digits, bool contractions) {
  const Step step = step_at(text, 0, ascii_runs());
  // As above; but a mark is part of the word itself.
  const bool leads = (step.run == Run::others || step.run == Run::space) && !newline(text[0]) &&
                     see(text, 0, class_of).kind != CharClass::mark;
  const std::size_t begin = leads ? step.size : 0, end = cased_end(text, begin);
  if (end == begin) return plain_word(text, step, digits, "\r\n/");
  const bool quote = contractions && end < text.size() && text[end] == '\'';
  return quote ? end + any_contraction(text.substr(end)) : end;
}

template <class Is>
std::size_t end_of_run(std::string_view text, std::size_t at, const Is& is) {
  while (at < text.size()) {
    const auto [kind, size] = see(text, at, class_of);
    if (!is(kind)) break;
    at += size;
  }
  return at;
}

// What deepseek's pattern matches at the beginning of `text`; 0: nothing.
std::size_t deepseek_word(std::string_view text) {
  const auto sign = [](CharClass kind) {
    return kind == CharClass::punctuation || kind == CharClass::symbol;
  };
  const auto letter = [](CharClass kind) {
    return kind == CharClass::letter || kind == CharClass::mark;
  };
  const auto [first, size] = see(text, 0, class_of);
  std::size_t end = size;
  if (sign(first) && static_cast<std::uint8_t>(text[0]) < 0x80) {
    const auto latin = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    while (end < text.size() && latin(text[end])) ++end;
    if (end > size) return end;
  }
  if (!sign(first) && !newline(text[0])) {
    end = end_of_run(text, size, letter);
    if (end > size || letter(first)) return end;
  }
  const bool blank_first =
      text[0] == ' ' && size < text.size() && sign(see(text, size, class_of).kind);
  if (sign(first) || blank_first) {
    end = end_of_run(text, size, sign);
    return std::min(text.find_first_not_of("\r\n", end), text.size());
  }
  if (first != CharClass::space) return 0;
  const auto space = [](CharClass kind) { return kind == CharClass::space; };
  return spaces_by_line(text, end_of_run(text, size, space));
}

constexpr std::size_t kEndless = std::string_view::npos;

// How long the part is that is all inside, or all outside of what `size(i)` finds at i (its size,
// or 0); up to `most` that follow one another are one part.
template <class Size>
std::size_t inside_or_outside(std::string_view text, std::size_t most, const Size& size) {
  std::size_t end = size(0);
  if (end > 0) {
    for (std::size_t count = 1; count < most && end < text.size(); ++count) {
      const std::size_t more = size(end);
      if (more == 0) break;
      end += more;
    }
    return end;
  }
  do {
    end += static_cast<std::uint8_t>(text[end]) < 0x80 ? 1 : decode_character(text, end).size;
  } while (end < text.size() && size(end) == 0);
  return end;
}

bool is_mark_of_punctuation(char32_t code) {
  constexpr std::string_view kAsWell = "$+<=>^~|";
  return class_of(code) == CharClass::punctuation ||
         (code < 128 && kAsWell.find(static_cast<char>(code)) != std::string_view::npos);
}

// How long the first word of `text`, which is not empty, is.
std::size_t first_word(Split split, std::string_view text) {
  const auto of_class = [&](auto is) {
    return [text, is](std::size_t at) -> std::size_t {
      const auto [inside, size] = see(text, at, is);
      return inside ? size : 0;
    };
  };
  const auto number = [](char32_t code) { return class_of(code) == CharClass::number; };
  switch (split) {
    case Split::gpt2:
      return gpt2_word(text);
    case Split::llama3:
      return llama3_word(text, 3);
    case Split::qwen2:
      return llama3_word(text, 1);
    case Split::tekken:
      return cased_word(text, 1, false);
    case Split::o200k:
      return cased_word(text, 3, true);
    case Split::digits:
      return inside_or_outside(text, 1, of_class(number));
    case Split::triples:
      return inside_or_outside(text, 3, of_class(number));
    case Split::cjk:
      return inside_or_outside(text, kEndless, of_class([](char32_t code) {
                                 return (code >= 0x4E00 && code <= 0x9FA5) ||
                                        (code >= 0x3040 && code <= 0x30FF);
                               }));
    case Split::deepseek:
      return inside_or_outside(text, 1,
                               [text](std::size_t at) { return deepseek_word(text.substr(at)); });
    case Split::punctuation:
      return inside_or_outside(text, kEndless, of_class(is_mark_of_punctuation));
    case Split::numbers:
      return inside_or_outside(text, kEndless, of_class(number));
    case Split::thousands:
      return inside_or_outside(text, 1, [text](std::size_t at) -> std::size_t {
        if (at + 3 > text.size()) return 0;
        const auto digit = [](char c) { return c >= '0' && c <= '9'; };
        return std::ranges::all_of(text.substr(at, 3), digit) ? 3 : 0;
      });
  }
  return text.size();
}

}  // namespace

Splits splits_from_json(const Json& json, const std::string& where) {
  const Json list = json.is_string() ? Json::array({json}) : json;
  if (!list.is_array() || list.size() > Splitter::kMost) {
    fail(Kind::input, "{}: 'split' is no list of at most {} names", where, Splitter::kMost);
  }
  Splits out;
  for (const Json& item : list) {
    const std::string name = item.is_string() ? item.get<std::string>() : std::string();
    const auto found = std::ranges::find(kNames, name);
    if (found == kNames.end()) {
      fail(Kind::input, "{}: the split '{}' is not known", where, printable(name));
    }
    out.push_back(static_cast<Split>(found - kNames.begin()));
  }
  return out;
}

Json splits_json(const Splits& splits) {
  Json out = Json::array();
  for (const Split split : splits) out.push_back(kNames.at(static_cast<std::size_t>(split)));
  return out.size() == 1 ? out[0] : out;
}

bool Splitter::next(std::string_view& word) {
  std::size_t stage = splits_.size();
  while (stage > 0 && left_[stage].empty()) --stage;
  if (left_[stage].empty()) return false;
  for (; stage < splits_.size(); ++stage) {
    std::string_view& left = left_[stage];
    const std::size_t size = first_word(splits_[stage], left);
    left_[stage + 1] = left.substr(0, size);
    left.remove_prefix(size);
  }
  word = std::exchange(left_[stage], {});
  return true;
}

}  // namespace mx
