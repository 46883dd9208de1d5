// SPDX-License-Identifier: Apache-2.0
// Text and tables as HTML that is well-formed XML, too. What comes from files and command lines is
// hostile: nothing of it becomes markup, and every byte that is no harmless character is shown as
// \xNN.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace mx::cli {

// Fit for content and for attributes in double quotes. Control bytes, invalid UTF-8 and characters
// that change the direction of text are \xNN.
[[nodiscard]] std::string escaped(std::string_view text);

// One line of JSON for a <script> block: plain ASCII without < > and &, so that no string in it can
// end the block. A reader of JSON gets the same document. Numbers that are not finite are null.
[[nodiscard]] std::string embedded_json(const Json& value);

// Numbers that are not finite have no place in JSON: null.
[[nodiscard]] Json finite(Json value);

// "12,345", "0.958333", "true": six digits at most, as people read numbers.
[[nodiscard]] std::string number_text(const Json& value);

// "valid_loss" -> "valid loss".
[[nodiscard]] std::string words_of(std::string_view key);
// The unit of the number under this key ("nats", "bytes", "s"), or nothing. `task`: of the result.
[[nodiscard]] std::string unit_of(std::string_view key, std::string_view task);

// The result's single values (and lists of them) as one table of names, values and units. An
// interval stands behind its value.
[[nodiscard]] std::string table_of_values(const Json& result, std::string_view task);
// Its other values: a table for each list of objects, each list of lists and each object.
[[nodiscard]] std::string tables_of_lists(const Json& result, std::string_view task);

struct Cell {
  std::string html;
  bool number = false;  // stands to the right
};
// A table with these headings (HTML, as many as each row has cells). Columns whose cells are all
// empty are left out.
[[nodiscard]] std::string table(std::string_view title, const std::vector<std::string>& headings,
                                const std::vector<std::vector<Cell>>& rows);

}  // namespace mx::cli
