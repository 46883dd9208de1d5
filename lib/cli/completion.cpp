// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/words.h"
#include "cli/help.h"

namespace mx::cli {
namespace {

// What may follow a flag.
struct Follows {
  bool value = false, file = false, folder = false;
  std::vector<std::string> words;
};

Follows follows(const Field& field) {
  Follows out;
  out.value = !is_switch(field);
  out.file = field.holds == Holds::file;
  out.folder = field.holds == Holds::folder;
  if (const Choice* choice = std::get_if<Choice>(&field.value)) {
    for (const Word& word : choice->words) out.words.emplace_back(word.text);
  }
  return out;
}

std::vector<std::string> flags(const Option& option) {
  std::vector<std::string> out = {fmt::format("--{}", option.field.name)};
  if (option.standard == "true" && negatable(option.field)) {
    out.push_back(fmt::format("--no-{}", option.field.name));
  }
  if (option.field.letter != 0) out.push_back(fmt::format("-{}", option.field.letter));
  return out;
}

std::string spaced(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

std::string function_name(const Tool& tool) {
  std::string out = "_";
  for (const char c : tool.name) out += c == '-' ? '_' : c;
  return out;
}

std::vector<std::string> verbs(const Tool& tool) {
  std::vector<std::string> out;
  for (const auto& command : tool.commands) {
    if (!command->about().name.empty()) out.emplace_back(command->about().name);
  }
  return out;
}

// One branch of a case over "VERB:PREVIOUS WORD", empty without patterns.
std::string bash_branch(const std::vector<std::string>& patterns, std::string_view action) {
  if (patterns.empty()) return {};
  return fmt::format("    {}) {} ;;\n", fmt::join(patterns, " | "), action);
}

// What completes the word behind a flag that takes one.
std::string bash_values(const Described& one) {
  std::string out;
  std::vector<std::string> files;
  std::vector<std::string> folders;
  std::vector<std::string> others;
  for (const Option& option : one.options) {
    const Follows next = follows(option.field);
    if (hidden(option.field) || !next.value) continue;
    std::vector<std::string> patterns;
    for (const std::string& flag : flags(option)) {
      patterns.push_back(fmt::format("{}:{}", one.about.name, flag));
    }
    if (!next.words.empty()) {
      out += bash_branch(patterns, fmt::format("words={}", in_quotes(spaced(next.words))));
    } else {
      std::vector<std::string>& kind = next.file ? files : next.folder ? folders : others;
      kind.insert(kind.end(), patterns.begin(), patterns.end());
    }
  }
  return out + bash_branch(files, "return") +
         bash_branch(folders, "compopt -o dirnames +o default; return") +
         bash_branch(others, "compopt +o default; return");
}

std::string bash_completion(const Tool& tool, const std::vector<Described>& all) {
  std::string values;
  std::string lists;
  for (const Described& one : all) {
    std::vector<std::string> names;
    for (const Option& option : one.options) {
      if (hidden(option.field)) continue;
      for (std::string& flag : flags(option)) names.push_back(std::move(flag));
    }
    values += bash_values(one);
    lists += bash_branch({in_quotes(one.about.name)}, "words=" + in_quotes(spaced(names)));
  }
  return fmt::format(R"(# bash completion for {tool}
{name}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} verb= words=
  COMPREPLY=()
  if ((COMP_CWORD > 1)) && [[ ' '{verbs}' ' == *" ${{COMP_WORDS[1]}} "* ]]; then
    verb=${{COMP_WORDS[1]}}
  elif ((COMP_CWORD == 1)); then
    words={verbs}
  fi
  case "$verb:$previous" in
{values}    *)
    if [[ $current == -* ]]; then
      case "$verb" in
{lists}      esac
    fi ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o bashdefault -o default -F {name} {tool}
)",
                     fmt::arg("tool", tool.name), fmt::arg("name", function_name(tool)),
                     fmt::arg("values", values), fmt::arg("lists", lists),
                     fmt::arg("verbs", in_quotes(spaced(verbs(tool)))));
}

// One argument of zsh's _arguments.
std::string zsh_spec(const Option& option, const std::string& flag) {
  std::string help;
  for (const char c : option.field.help) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') help += '\\';
    help += c;
  }
  const Follows next = follows(option.field);
  std::string out = fmt::format("*{}[{}]", flag, help);
  if (!next.value) return out;
  if (next.file) return out + ":file:_files";
  if (next.folder) return out + ":folder:_files -/";
  return out + fmt::format(":value:({})", fmt::join(next.words, " "));
}

std::string zsh_completion(const Tool& tool, const std::vector<Described>& all) {
  std::string cases;
  for (const Described& one : all) {
    cases += fmt::format("    {})\n      _arguments -s", in_quotes(one.about.name));
    for (const Option& option : one.options) {
      if (hidden(option.field)) continue;
      for (const std::string& flag : flags(option)) {
        cases += " \\\n        " + in_quotes(zsh_spec(option, flag));
      }
    }
    if (one.about.name.empty() && !verbs(tool).empty()) {
      cases += " \\\n        " + in_quotes("1: :{_alternative \"verbs:verb:(" +
                                           spaced(verbs(tool)) + ")\" \"files:file:_files\"}");
    }
    cases += " \\\n        '*:file:_files' ;;\n";
  }
  std::string choose;
  if (!verbs(tool).empty()) {
    choose = fmt::format(
        "  if ((CURRENT > 2)); then\n    case $words[2] in\n      {}) verb=$words[2]; shift words; "
        "((CURRENT--)) ;;\n    esac\n  fi\n",
        fmt::join(verbs(tool), " | "));
  }
  return fmt::format(
      "#compdef {0}\n{1}() {{\n  local verb=\n{2}  case $verb in\n{3}  esac\n}}\nif [[ "
      "$funcstack[1] == {1} ]]; then\n  {1} \"$@\"\nelse\n  compdef {1} {0}\nfi\n",
      tool.name, function_name(tool), choose, cases);
}

// In fish's single quotes.
std::string fish_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string fish_completion(const Tool& tool, const std::vector<Described>& all) {
  const std::string known = spaced(verbs(tool));
  std::string out = fmt::format("# fish completion for {}\n", tool.name);
  for (const Described& one : all) {
    std::string when;
    if (!one.about.name.empty()) {
      out += fmt::format("complete -c {} -n __fish_use_subcommand -a {} -d {}\n", tool.name,
                         one.about.name, fish_quotes(one.about.purpose));
      when = fmt::format(" -n '__fish_seen_subcommand_from {}'", one.about.name);
    } else if (!known.empty()) {
      when = fmt::format(" -n 'not __fish_seen_subcommand_from {}'", known);
    }
    for (const Option& option : one.options) {
      const Field& field = option.field;
      if (hidden(field)) continue;
      const Follows next = follows(field);
      std::string tail = fmt::format(" -d {}", fish_quotes(field.help));
      if (next.value) tail = next.file || next.folder ? " -r" + tail : " -x" + tail;
      if (next.folder) tail += " -a '(__fish_complete_directories)'";
      if (!next.words.empty()) tail += fmt::format(" -a '{}'", fmt::join(next.words, " "));
      const std::string letter = field.letter == 0 ? "" : fmt::format(" -s {}", field.letter);
      out += fmt::format("complete -c {}{}{} -l {}{}\n", tool.name, when, letter, field.name, tail);
      if (option.standard == "true" && negatable(field)) {
        out += fmt::format("complete -c {}{} -l no-{}{}\n", tool.name, when, field.name, tail);
      }
    }
  }
  return out;
}

}  // namespace

std::string completion(const Tool& tool, const std::string& shell) {
  Common common;
  std::vector<Described> all;
  for (const auto& command : tool.commands) all.push_back(describe(*command, common));
  if (shell == "bash") return bash_completion(tool, all);
  if (shell == "zsh") return zsh_completion(tool, all);
  if (shell == "fish") return fish_completion(tool, all);
  throw Error{Kind::usage, fmt::format("'{}' is no shell known here", printable(shell)),
              "bash, zsh and fish are"};
}

}  // namespace mx::cli
