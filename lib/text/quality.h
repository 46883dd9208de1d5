// SPDX-License-Identifier: Apache-2.0
// Published rules for web text. Each function takes a document of valid UTF-8, counts what it
// found, and says whether the document stays.
//
// Gopher: Rae et al. 2021 (arXiv 2112.11446), section A.1.1, "Quality Filtering", and table A1,
// "Repetition". C4: Raffel et al. 2020 (JMLR 21/140), section 2.2. Of C4's rules, language
// detection and the removal of repeated three-sentence spans are not here; its list of bad words
// is the blocklist's matter.
#pragma once

#include <string>
#include <string_view>

namespace mx {

class CleanCounts;

// Keeps the lines that C4 keeps and takes out its citation marks.
[[nodiscard]] std::string c4_lines(std::string_view text, CleanCounts& counts);
[[nodiscard]] bool c4_page(std::string_view text, CleanCounts& counts);
[[nodiscard]] bool gopher_quality(std::string_view text, CleanCounts& counts);
[[nodiscard]] bool gopher_repetition(std::string_view text, CleanCounts& counts);

}  // namespace mx
