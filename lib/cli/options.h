// SPDX-License-Identifier: Apache-2.0
// A command's fields while its command line is read: each with its default as text, where its value
// came from, and the words its flag was given. One function assigns text to a field, whether it
// came from a flag or a config file.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"

namespace mx::cli {

struct Option {
  explicit Option(Field from);
  Field field;
  std::string standard;            // the default, as text; empty when there is none
  std::string origin = "default";  // or FILE:LINE, or "flag"
  std::vector<std::string> given;  // by flag
};

using Options = std::vector<Option>;

[[nodiscard]] Options make_options(Fields fields);
[[nodiscard]] Option* find_option(Options& options, std::string_view name);
[[nodiscard]] bool is_switch(const Field& field);
// Switches of commands have a --no-NAME, those whose name begins with "no-" do not.
[[nodiscard]] bool negatable(const Field& field);
[[nodiscard]] inline bool hidden(const Field& field) { return field.group.empty(); }

// Sets the value from words; none at all empties an optional or a list. Gives what is wrong with
// them ("'x' is not a number"), or nothing.
[[nodiscard]] std::optional<std::string> assign(const Field& field,
                                                std::span<const std::string> words);
// The value as a flag would give it.
[[nodiscard]] std::string as_text(const Field& field);

// "--sparsity NUMBER", with "-o, " before it where there is a letter.
[[nodiscard]] std::string flag_text(const Field& field, const std::string& standard);
// "Share of the weights to remove. (default 0.5; 0 to 1)"
[[nodiscard]] std::string help_text(const Option& option);
// The one line shown for a bad value.
[[nodiscard]] std::string help_line(const Option& option);

}  // namespace mx::cli
