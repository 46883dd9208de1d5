// SPDX-License-Identifier: Apache-2.0
#include "cli/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/error.h"
#include "base/words.h"

namespace mx::cli {
namespace {

CLI::Option* add(CLI::App& app, const Field& field) {
  std::string names;
  if (field.letter != 0) names = fmt::format("-{},", field.letter);
  names += fmt::format("--{}", field.name);
  if (is_switch(field)) {
    if (negatable(field)) names += fmt::format(",!--no-{}", field.name);
    return app.add_flag(names)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  const CLI::callback_t keep = [](const CLI::results_t&) { return true; };
  return app.add_option(names, keep)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

[[noreturn]] void unknown_flag(const Options& options, const std::string& word) {
  const std::string flag = word.substr(0, word.find('='));
  std::vector<std::string> known;
  for (const Option& option : options) {
    if (hidden(option.field)) continue;
    known.push_back(fmt::format("--{}", option.field.name));
    if (option.standard == "true") known.push_back(fmt::format("--no-{}", option.field.name));
  }
  throw Error{Kind::usage, fmt::format("unknown option {}", printable(flag)),
              did_you_mean(flag, known)};
}

// CLI11 opens its message with the name of the option.
[[noreturn]] void refused(Options& options, const CLI::ParseError& error) {
  const std::string_view text = error.what();
  const std::string_view name = text.substr(0, text.find_first_of(": "));
  if (name.starts_with("--")) {
    if (const Option* option = find_option(options, name.substr(2))) {
      throw Error{Kind::usage, fmt::format("{} needs a value", name), help_line(*option)};
    }
  }
  throw Error{Kind::usage, printable(text)};
}

}  // namespace

std::vector<std::string> read_flags(Options& options, std::vector<std::string> arguments) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<CLI::Option*> added;
  added.reserve(options.size());
  for (const Option& option : options) added.push_back(add(app, option.field));

  std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    refused(options, error);
  }
  for (std::size_t i = 0; i < options.size(); ++i) options[i].given = added[i]->results();

  const auto asked = [&](std::string_view name) {
    const Option* option = find_option(options, name);
    return option != nullptr && !option->given.empty();
  };
  std::vector<std::string> words;
  bool only_words = asked("help") || asked("version");
  for (const std::string& word : app.remaining()) {
    if (!only_words && word == "--") {
      only_words = true;
    } else if (!only_words && word.starts_with('-') && word != "-") {
      unknown_flag(options, word);
    } else {
      words.push_back(word);
    }
  }
  return words;
}

}  // namespace mx::cli
