// SPDX-License-Identifier: Apache-2.0
// An options struct lists its fields once; everything that needs the list walks it.
//
// Flags, YAML input, --dump-config, the options kept in lineage, completion and man pages are plain
// functions over `std::vector<Field>`: no option is named a second time anywhere, and no room but
// cli/ knows a command-line library. A field points into its struct, which must outlive the list.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"

namespace mx {

struct Word {  // one value of an enumeration, as users write it
  std::string_view text;
  int value;
};

struct Choice {  // binds an enum member without the list knowing its type
  std::vector<Word> words;
  std::function<int()> get;
  std::function<void(int)> set;
};

template <class E>
[[nodiscard]] Choice choice(E& member, std::vector<Word> words) {
  return {std::move(words), [&member] { return static_cast<int>(member); },
          [&member](int v) { member = static_cast<E>(v); }};
}

struct Range {  // both ends allowed
  double low, high;
};

// Whether the value changes the bytes that come out (and so belongs in lineage and in a
// checkpoint's key) or only how the run goes.
enum class Affects { result, run };

// What the value is, for completion and help.
enum class Holds { value, file, folder };

using FieldValue =
    std::variant<bool*, std::int64_t*, double*, std::string*, std::optional<std::int64_t>*,
                 std::optional<double>*,
                 std::vector<std::string>*,   // repeatable flag, one item each, commas kept
                 std::vector<std::int64_t>*,  // one value, split at commas: 128,64
                 Choice>;

struct Field {
  std::string_view group, name, help;  // name as the flag and the YAML key: lower case, dashes
  FieldValue value;
  std::optional<Range> range = {};
  Affects affects = Affects::result;
  Holds holds = Holds::value;
  char letter = 0;                // short flag: 'o' for -o, 0 for none
  std::string_view meaning = {};  // placeholder in help: FILE, COL[,COL...]; empty: by type
};

using Fields = std::vector<Field>;

// `fields` with all of `more` behind it.
void append(Fields& fields, Fields more);
// The value as JSON: what lineage and --dump-config show. An empty optional is null.
[[nodiscard]] Json to_json(const Field& field);
// name -> value of every field with Affects::result, in order; nulls and empty values left out.
[[nodiscard]] Json result_options(const Fields& fields);

}  // namespace mx
