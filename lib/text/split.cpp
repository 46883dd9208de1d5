// SPDX-License-Identifier: Apache-2.0
#include "text/split.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/words.h"
#include "text/unicode.h"

namespace mx {
namespace {

constexpr std::array<std::string_view, 7> kNames = {"gpt2",        "llama3",  "qwen2",    "digits",
                                                    "punctuation", "numbers", "thousands"};

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

std::size_t llama3_word(std::string_view text, std::size_t digits) {
  const auto& ascii = ascii_runs();
  if (text[0] == '\'') {
    if (const std::size_t size = any_contraction(text); size > 0) return size;
  }
  const auto newline = [](char c) { return c == '\r' || c == '\n'; };
  const Step step = step_at(text, 0, ascii);
  std::size_t end = step.size;
  if (step.run == Run::letters) return end + run_size(text, end, Run::letters, ascii);
  if (step.run == Run::numbers) {
    for (std::size_t i = 1; i < digits && end < text.size(); ++i) {
      const Step more = step_at(text, end, ascii);
      if (more.run != Run::numbers) break;
      end += more.size;
    }
    return end;
  }
  // One character that is no newline goes with the letters behind it.
  if (!newline(text[0])) {
    if (const std::size_t letters = run_size(text, end, Run::letters, ascii); letters > 0) {
      return end + letters;
    }
  }
  const bool blank_first =
      text[0] == ' ' && end < text.size() && step_at(text, end, ascii).run == Run::others;
  if (step.run == Run::others || blank_first) {
    end += run_size(text, end, Run::others, ascii);
    while (end < text.size() && newline(text[end])) ++end;
    return end;
  }
  end += run_size(text, end, Run::space, ascii);
  const std::size_t last = text.substr(0, end).find_last_of("\r\n");
  return last != std::string_view::npos ? last + 1 : spaces(text, end);
}

// How long the part is that is all inside, or all outside of what `size(i)` finds at i (its size,
// or 0); `run`: what follows one another is one part.
template <class Size>
std::size_t inside_or_outside(std::string_view text, bool run, const Size& size) {
  std::size_t end = size(0);
  if (end > 0) {
    for (std::size_t more = 1; run && more > 0 && end < text.size(); end += more) more = size(end);
    return end;
  }
  do {
    end += decode_character(text, end).size;
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
      const Character character = decode_character(text, at);
      return character.valid && is(character.code) ? character.size : 0;
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
    case Split::digits:
      return inside_or_outside(text, false, of_class(number));
    case Split::punctuation:
      return inside_or_outside(text, true, of_class(is_mark_of_punctuation));
    case Split::numbers:
      return inside_or_outside(text, true, of_class(number));
    case Split::thousands:
      return inside_or_outside(text, false, [text](std::size_t at) -> std::size_t {
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
