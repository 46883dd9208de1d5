// SPDX-License-Identifier: Apache-2.0
#include "text/normalizer_steps.h"

#include <algorithm>

#include "base/error.h"
#include "text/unicode.h"

namespace mx {
namespace {

[[noreturn]] void too_long(std::size_t most) {
  throw Error{Kind::input, fmt::format("the tokenizer's steps make over {} bytes of a text", most),
              "no tokenizer that is meant to be used does that"};
}

// Appends, up to `most` bytes.
void put(std::string_view part, std::size_t most, std::string& out) {
  if (part.size() > most - std::min(most, out.size())) too_long(most);
  out += part;
}

void replace(std::string& text, std::string_view from, std::string_view to, std::size_t most) {
  std::size_t found = text.find(from);
  if (found == std::string::npos) return;
  std::string out;
  out.reserve(text.size() + text.size() / 2);
  std::size_t at = 0;
  for (; found != std::string::npos; found = text.find(from, at)) {
    out.append(text, at, found - at);
    put(to, most, out);
    at = found + from.size();
  }
  out.append(text, at);
  text = std::move(out);
}

void squeeze(std::string& text, std::string_view to, std::size_t most) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && text[end] == ' ') ++end;
    if (end >= at + 2) {
      put(to, most, out);
      at = end;
    } else {
      out.push_back(text[at++]);
    }
  }
  text = std::move(out);
}

// act(code, bytes, out) for each character; bytes that are none stay.
template <class Act>
void each_character(std::string& text, const Act& act) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Character character = decode_character(text, at);
    const std::string_view bytes = std::string_view(text).substr(at, character.size);
    if (character.valid) {
      act(character.code, bytes, out);
    } else {
      out += bytes;
    }
    at += character.size;
  }
  text = std::move(out);
}

// act(part, out) for the longest parts that are valid UTF-8; bytes between them stay.
template <class Act>
void each_valid(std::string& text, const Act& act) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    Character character;
    while (end < text.size()) {
      character = decode_character(text, end);
      if (!character.valid) break;
      end += character.size;
    }
    if (end > begin) act(std::string_view(text).substr(begin, end - begin), out);
    if (end < text.size()) {
      out.append(text, end, character.size);
      end += character.size;
    }
    begin = end;
  }
  text = std::move(out);
}

// No normal form changes ASCII, but an ASCII letter may be one character with the marks behind it.
void normal_form(std::string& text, NormalForm form) {
  const auto plain = [](char c) { return static_cast<std::uint8_t>(c) < 0x80; };
  if (std::ranges::all_of(text, plain)) return;
  each_valid(text, [&](std::string_view part, std::string& out) {
    constexpr std::size_t kGap = 16;  // so few ASCII bytes go along
    std::size_t at = 0;
    while (at < part.size()) {
      std::size_t begin = at;
      while (begin < part.size() && plain(part[begin])) ++begin;
      std::size_t end = begin, last = begin;  // `last`: behind the last one that is not ASCII
      for (; end < part.size() && end - last < kGap; ++end) {
        if (!plain(part[end])) last = end + 1;
      }
      if (begin > at && last > begin) --begin;
      out += part.substr(at, begin - at);
      if (last > begin) out += normalize(part.substr(begin, last - begin), form);
      at = std::max(last, begin);
    }
  });
}

bool space_at(std::string_view text, std::size_t at, std::size_t& size) {
  const Character character = decode_character(text, at);
  size = character.size;
  return character.valid && class_of(character.code) == CharClass::space;
}

void trim(std::string& text, bool left, bool right) {
  std::size_t begin = 0, size = 0;
  if (left) {
    while (begin < text.size() && space_at(text, begin, size)) begin += size;
  }
  if (right) {
    std::size_t end = begin;
    for (std::size_t at = begin; at < text.size(); at += size) {
      if (!space_at(text, at, size)) end = at + size;
    }
    text.resize(end);
  }
  text.erase(0, begin);
}

void mark_words(std::string& text, std::string_view mark, Place place, std::size_t most) {
  std::string out;
  out.reserve(text.size() + text.size() / 2);
  bool inside = place == Place::continued;
  for (std::size_t at = 0, size = 0; at < text.size(); at += size) {
    if (space_at(text, at, size)) {
      inside = false;
      continue;
    }
    if (!inside && !std::string_view(text).substr(at).starts_with(mark)) put(mark, most, out);
    inside = true;
    out.append(text, at, size);
  }
  text = std::move(out);
}

// The package tokenizers takes a cluster of under six bytes as a whole, else its characters, and of
// each the shortest text that the map knows.
void map_clusters(std::string& text, const Charsmap& map, std::size_t most) {
  constexpr std::size_t kLongest = 5;
  const auto put_mapped = [&](std::string_view part, std::string& out) {
    const Charsmap::Found found = map.shortest(part);
    if (found.size > 0) put(found.text, most, out);
    return found.size > 0;
  };
  each_valid(text, [&](std::string_view part, std::string& out) {
    for (std::size_t at = 0, end = 0; at < part.size(); at = end) {
      end = cluster_end(part, at);
      if (end - at <= kLongest && put_mapped(part.substr(at, end - at), out)) continue;
      for (std::size_t i = at, size = 0; i < end; i += size) {
        size = decode_character(part, i).size;
        if (!put_mapped(part.substr(i, size), out)) out += part.substr(i, size);
      }
    }
  });
}

// SentencePiece's Normalizer::Normalize, but for bytes that are no character: they stay.
class SentencePieceStep {
 public:
  SentencePieceStep(const NormalizerStep& step, std::string_view text, std::size_t most)
      : step_(step), text_(text), most_(most) {}

  [[nodiscard]] std::string run(Place place) {
    const bool squeezes = step_.squeeze_blanks;
    std::string out;
    out.reserve(text_.size() + text_.size() / 2);
    bool after_blank = squeezes && place != Place::continued;
    while (after_blank && !text_.empty() && prefix().text == " ")
      text_.remove_prefix(prefix().size);
    if (text_.empty()) return out;
    if (step_.prefix && place != Place::continued) out += kBlank;
    while (!text_.empty()) {
      auto [part, size] = prefix();
      while (after_blank && part.starts_with(' ')) part.remove_prefix(1);
      for (const char c : part) {
        if (c == ' ') {
          out += kBlank;
        } else {
          out.push_back(c);
        }
      }
      if (out.size() > most_) too_long(most_);
      if (!part.empty()) after_blank = squeezes && part.back() == ' ';
      text_.remove_prefix(size);
    }
    while (squeezes && out.ends_with(kBlank)) out.resize(out.size() - kBlank.size());
    return out;
  }

 private:
  [[nodiscard]] Charsmap::Found prefix() const {
    if (!step_.kept.empty()) {
      const std::size_t size = step_.kept.longest(text_, 0).size;
      if (size > 0) return {text_.substr(0, size), size};
    }
    if (!step_.map.empty()) {
      const Charsmap::Found found = step_.map.front().longest(text_);
      if (found.size > 0) return found;
    }
    const std::size_t size = decode_character(text_, 0).size;
    return {text_.substr(0, size), size};
  }

  const NormalizerStep& step_;
  std::string_view text_;
  std::size_t most_;
};

// The steps of Unicode make a text at most 11 times as long: held against `most` behind them.
void run_step(const NormalizerStep& step, Place place, std::string& text, std::size_t most) {
  using Kind = NormalizerStep::Kind;
  switch (step.kind) {
    case Kind::nfc:
      return normal_form(text, NormalForm::nfc);
    case Kind::nfd:
      return normal_form(text, NormalForm::nfd);
    case Kind::nfkc:
      return normal_form(text, NormalForm::nfkc);
    case Kind::nfkd:
      return normal_form(text, NormalForm::nfkd);
    case Kind::lowercase:
      return each_character(
          text, [](char32_t code, std::string_view, std::string& out) { append_lower(code, out); });
    case Kind::strip_accents:
      return each_character(text, [](char32_t code, std::string_view bytes, std::string& out) {
        if (class_of(code) != CharClass::mark) out += bytes;
      });
    case Kind::replace:
      return replace(text, step.from, step.to, most);
    case Kind::squeeze:
      return squeeze(text, step.to, most);
    case Kind::trim:
      return trim(text, step.left, step.right);
    case Kind::prepend:
      if (!text.empty() && place != Place::continued) text.insert(0, step.to);
      return;
    case Kind::lead:
      if (!text.empty() && (place == Place::start || (place == Place::inside && !step.first)) &&
          !text.starts_with(step.to)) {
        text.insert(0, step.to);
      }
      return;
    case Kind::words:
      return mark_words(text, step.to, place, most);
    case Kind::charsmap:
      return map_clusters(text, step.map.front(), most);
    case Kind::sentencepiece:
      text = SentencePieceStep(step, text, most).run(place);
  }
}

}  // namespace

void apply_step(const NormalizerStep& step, Place place, std::string& text, std::size_t most) {
  run_step(step, place, text, most);
  if (text.size() > most) too_long(most);
}

}  // namespace mx
