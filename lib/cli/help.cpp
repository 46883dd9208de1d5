// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <algorithm>

#include "base/error.h"
#include "base/words.h"
#include "cli/common.h"

namespace mx::cli {
namespace {

constexpr std::size_t kColumn = 30;  // where the words beside a flag begin

// `text` at `indent`, broken between words; the first line begins behind `lead`.
std::string wrapped(std::string lead, std::string_view text, std::size_t indent,
                    std::size_t width) {
  std::string out;
  std::string line = std::move(lead);
  if (line.size() + 1 > indent && indent != 0) {
    out = line + "\n";
    line.clear();
  }
  line.resize(std::max(line.size(), indent), ' ');
  bool first = true;
  for (const std::string& word : split(text, ' ')) {
    if (!first && line.size() + 1 + word.size() > width) {
      out += line + "\n";
      line.assign(indent, ' ');
      first = true;
    }
    line += (first ? "" : " ") + word;
    first = false;
  }
  return out + line + "\n";
}

std::string option_lines(const Options& options, std::size_t width) {
  std::string out;
  std::vector<std::string_view> groups;
  for (const Option& option : options) {
    const bool known = std::find(groups.begin(), groups.end(), option.field.group) != groups.end();
    if (!hidden(option.field) && !known) groups.push_back(option.field.group);
  }
  for (const std::string_view group : groups) {
    out += fmt::format("\n{}:\n", group);
    for (const Option& option : options) {
      if (option.field.group != group) continue;
      const std::string lead = option.field.letter == 0 ? "      " : "  ";
      out += wrapped(lead + flag_text(option.field, option.standard), help_text(option), kColumn,
                     width);
    }
  }
  return out;
}

}  // namespace

Described describe(Command& command, Common& common) {
  Fields fields = command.fields();
  append(fields, common_fields(common, command.honours()));
  return {&command, command.about(), make_options(std::move(fields))};
}

std::string called(const Tool& tool, const About& about) {
  return about.name.empty() ? std::string(tool.name) : fmt::format("{} {}", tool.name, about.name);
}

std::string usage_text(const Tool& tool, const About& about) {
  const std::string name = called(tool, about);
  return fmt::format("usage: {} {}\ntry '{} --help' for more\n", name, about.synopsis, name);
}

std::string help_page(const Tool& tool, const Described& described, std::size_t width) {
  const About& about = described.about;
  std::string out =
      wrapped({}, fmt::format("{}: {}", called(tool, about), about.purpose), 0, width);
  out += fmt::format("\nUsage: {} {}\n", called(tool, about), about.synopsis);
  std::string verbs;
  if (about.name.empty()) {
    for (const auto& command : tool.commands) {
      const About verb = command->about();
      if (!verb.name.empty()) {
        verbs += wrapped(fmt::format("  {}", verb.name), verb.purpose, 14, width);
      }
    }
    if (!verbs.empty()) out += fmt::format("       {} VERB [OPTIONS] ...\n", tool.name);
  }
  out += "\nExamples:\n";
  for (const std::string_view example : about.examples) out += fmt::format("  {}\n", example);
  if (!verbs.empty()) {
    out += fmt::format("\nVerbs ('{} VERB --help' says more):\n{}", tool.name, verbs);
  }
  const std::vector<Positional> positionals = described.command->positionals();
  if (!positionals.empty()) out += "\nArguments:\n";
  for (const Positional& positional : positionals) {
    std::string help(positional.help);
    if (help.ends_with('.')) help.pop_back();
    if (positional.else_stdin) help += " (standard input when not given)";
    out += wrapped(fmt::format("  {}", positional.name), help, 14, width);
  }
  return out + option_lines(described.options, width);
}

}  // namespace mx::cli
