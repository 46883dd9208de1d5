// SPDX-License-Identifier: Apache-2.0
// Lines, paragraphs and words of a document, as the cleaning rules count them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mx {

// Parts between white space (Unicode's).
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view text);
// Lines that are not blank.
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);
// Runs of lines between blank ones.
[[nodiscard]] std::vector<std::string_view> paragraphs_of(std::string_view text);
// Without white space at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::size_t characters_in(std::string_view text);

// Runs of letters, marks and numbers, in lower case, each followed by one blank: what is compared
// when only the words count.
[[nodiscard]] std::string plain_words(std::string_view text);

}  // namespace mx
