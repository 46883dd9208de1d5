// SPDX-License-Identifier: Apache-2.0
#include "cli/config.h"

#include <algorithm>

#include "base/error.h"
#include "base/words.h"
#include "io/yaml.h"

namespace mx::cli {
namespace {

// What makes no sense in a file, and what shows the config.
bool configurable(const Field& field) {
  return !hidden(field) && field.name != "config" && field.name != "result-config" &&
         field.name != "dump-config" && field.name != "help" && field.name != "version";
}

io::Yaml load(const std::string& path) {
  try {
    return io::read_yaml(path);
  } catch (const Error& e) {
    throw Error{Kind::usage, e.message(), e.hint()};
  }
}

[[noreturn]] void unknown_key(const Options& options, const std::string& where,
                              const std::string& key) {
  std::vector<std::string> known;
  for (const Option& option : options) {
    if (configurable(option.field)) known.emplace_back(option.field.name);
  }
  throw Error{Kind::usage, fmt::format("{}: unknown key '{}'", where, printable(key)),
              did_you_mean(key, known)};
}

// A placeholder like KIND|FILE: a word or a file's name.
bool may_name_file(const Field& field) {
  return field.holds != Holds::value || field.meaning.find("FILE") != std::string_view::npos;
}

void refuse_other(const Field& field, Keys keys, const std::string& where) {
  const bool runs = field.affects != Affects::result;
  if (keys == Keys::all || (!runs && !may_name_file(field))) return;
  throw Error{Kind::usage,
              fmt::format("{}: {} {}", where, field.name,
                          runs ? "does not change the result" : "may name a file"),
              "--result-config takes what changes the result and names no file; what else is to "
              "be, the command line says"};
}

// A list's items as words: one each for text, joined with commas for numbers.
std::optional<std::string> list_words(const Option& option, const io::Yaml& yaml,
                                      const std::string& pointer, const Json& value,
                                      std::vector<std::string>& words) {
  const bool texts = std::holds_alternative<std::vector<std::string>*>(option.field.value);
  const bool numbers = std::holds_alternative<std::vector<std::int64_t>*>(option.field.value);
  if (!texts && !numbers) return "one value is needed, not a list";
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i].is_structured() || value[i].is_null()) return "its items must be single values";
    const std::string& word = yaml.texts.at(fmt::format("{}/{}", pointer, i));
    if (texts || i == 0) {
      words.push_back(word);
    } else {
      words.back() += "," + word;
    }
  }
  return {};
}

std::optional<std::string> assign_value(const Option& option, const io::Yaml& yaml,
                                        const std::string& pointer, const Json& value) {
  std::vector<std::string> words;
  if (value.is_object()) return "one value is needed, not keys and values";
  if (value.is_array()) {
    if (auto wrong = list_words(option, yaml, pointer, value, words)) return wrong;
  } else if (!value.is_null()) {
    words.push_back(yaml.texts.at(pointer));
  }
  return assign(option.field, words);
}

// Plain where YAML reads the same text back, quoted as JSON otherwise.
std::string yaml_text(const std::string& text) {
  const bool plain =
      !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z')) &&
      std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_-./+").find(c) != std::string_view::npos;
      });
  const std::string lower = [&] {
    std::string out = text;
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
  }();
  if (plain && lower != "true" && lower != "false" && lower != "null") return text;
  std::string quoted = dump_json(Json(text));
  for (std::size_t at = quoted.find('\x7f'); at != std::string::npos; at = quoted.find('\x7f')) {
    quoted.replace(at, 1, "\\x7f");
  }
  return quoted;
}

std::string yaml_value(const Field& field) {
  const Json value = to_json(field);
  if (value.is_null()) return "null";
  if (value.is_string()) return yaml_text(value.get<std::string>());
  if (!value.is_array()) return as_text(field);
  std::string out;
  for (const Json& item : value) {
    if (!out.empty()) out += ", ";
    out += item.is_string() ? yaml_text(item.get<std::string>()) : dump_json(item);
  }
  return "[" + out + "]";
}

}  // namespace

void read_config(Options& options, const std::string& path, Keys keys) {
  const io::Yaml yaml = load(path);
  const std::string name = input_name(path);
  if (yaml.value.is_null()) return;
  if (!yaml.value.is_object()) {
    throw Error{Kind::usage, fmt::format("{} is not a list of keys", name),
                "a line is a flag's name without dashes, a colon and its value"};
  }
  for (const auto& [key, value] : yaml.value.items()) {
    std::string pointer = "/";
    for (const char c : key) pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    const std::string where = fmt::format("{}:{}", name, yaml.lines.at(pointer));
    Option* option = find_option(options, key);
    if (option == nullptr || !configurable(option->field)) unknown_key(options, where, key);
    refuse_other(option->field, keys, where);
    if (const auto wrong = assign_value(*option, yaml, pointer, value)) {
      throw Error{Kind::usage, fmt::format("{}: {}: {}", where, key, *wrong), help_line(*option)};
    }
    option->origin = where;
  }
}

void apply_flags(Options& options) {
  for (Option& option : options) {
    if (option.given.empty()) continue;
    if (const auto wrong = assign(option.field, option.given)) {
      throw Error{Kind::usage, fmt::format("--{}: {}", option.field.name, *wrong),
                  help_line(option)};
    }
    option.origin = "flag";
  }
}

std::string dump_config(const Options& options, std::string_view command) {
  std::string out = fmt::format("# {}\n", command);
  std::string_view group;
  for (const Option& option : options) {
    if (!configurable(option.field)) continue;
    if (option.field.group != group) out += fmt::format("\n# {}\n", option.field.group);
    group = option.field.group;
    const std::string line = fmt::format("{}: {}", option.field.name, yaml_value(option.field));
    out += fmt::format("{:<39} # {}\n", line, option.origin);
  }
  return out;
}

std::vector<ShownOption> shown_options(const Options& options) {
  std::vector<ShownOption> out;
  for (const Option& option : options) {
    if (!configurable(option.field)) continue;
    out.push_back({std::string(option.field.name), as_text(option.field), option.origin});
  }
  return out;
}

Json config_json(const Options& options) {
  Json out = Json::object();
  for (const Option& option : options) {
    if (configurable(option.field)) out[std::string(option.field.name)] = to_json(option.field);
  }
  return out;
}

}  // namespace mx::cli
