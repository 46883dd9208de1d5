// SPDX-License-Identifier: Apache-2.0
#include "text/split.h"

#include <array>
#include <cstdint>

#include "text/unicode.h"

namespace mx {
namespace {

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

}  // namespace

bool Gpt2Splitter::next(std::string_view& word) {
  if (at_ >= text_.size()) return false;
  const auto& ascii = ascii_runs();
  const std::size_t begin = at_;
  const auto take = [&](std::size_t end) {
    word = text_.substr(begin, end - begin);
    at_ = end;
    return true;
  };
  if (text_[begin] == '\'') {
    if (const std::size_t size = contraction(text_.substr(begin)); size > 0) {
      return take(begin + size);
    }
  }
  Step step = step_at(text_, begin, ascii);
  std::size_t end = begin + step.size;
  if (text_[begin] == ' ' && end < text_.size()) {
    const Step after = step_at(text_, end, ascii);
    if (after.run != Run::space) {  // the optional blank before a run
      step = after;
      end += after.size;
    }
  }
  std::size_t last = begin;  // where the run's last character begins
  while (end < text_.size()) {
    const Step more = step_at(text_, end, ascii);
    if (more.run != step.run) break;
    last = end;
    end += more.size;
  }
  // Spaces before something else leave the last one to it: \s+(?!\S) gives one back.
  if (step.run == Run::space && end < text_.size() && last > begin) end = last;
  return take(end);
}

}  // namespace mx
