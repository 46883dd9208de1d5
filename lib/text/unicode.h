// SPDX-License-Identifier: Apache-2.0
// What Unicode says of a character, and its normal forms. The one place that knows the Unicode
// library (utf8proc).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "text/utf8.h"

namespace mx {

// The first letter of the general category, with White_Space told apart as regular expressions do.
enum class CharClass : std::uint8_t {
  space,        // White_Space: blanks, TAB, LF, VT, FF, CR, NEL, and the separators (categories Z*)
  letter,       // L*
  number,       // N*
  mark,         // M*
  punctuation,  // P*
  symbol,       // S*
  control,      // Cc without the spaces
  format,       // Cf
  other,        // unassigned, private, no character
};
[[nodiscard]] CharClass class_of(char32_t code);

// The case of letters, and of the marks that stand on them.
enum class CharCase : std::uint8_t {
  none,   // neither letter nor mark
  upper,  // Lu, Lt
  lower,  // Ll
  any,    // Lm, Lo, M*: has none
};
[[nodiscard]] CharCase case_of(char32_t code);
[[nodiscard]] bool is_nonspacing_mark(char32_t code);  // Mn
[[nodiscard]] char32_t lower_of(char32_t code);        // simple mapping
// The full canonical decomposition of one character, without reordering; at most 4 codes.
[[nodiscard]] std::u32string_view decompose(char32_t code, std::u32string& buffer);

// The full mapping of one character, without regard to its neighbours, into `out`.
void append_lower(char32_t code, std::string& out);

// Where the extended grapheme cluster that begins at `at` ends. `text` must be valid UTF-8.
[[nodiscard]] std::size_t cluster_end(std::string_view text, std::size_t at);

enum class NormalForm { none, nfc, nfd, nfkc, nfkd };
// `text` must be valid UTF-8. Text that is all ASCII comes back as it is.
[[nodiscard]] std::string normalize(std::string_view text, NormalForm form);

// Version of the Unicode tables, "15.0.0".
[[nodiscard]] std::string_view unicode_version();

}  // namespace mx
