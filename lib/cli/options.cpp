// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "base/words.h"

namespace mx::cli {
namespace {

using Complaint = std::optional<std::string>;

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

std::string joined(const std::vector<Word>& words, std::string_view between) {
  std::string out;
  for (const Word& word : words) {
    if (!out.empty()) out += between;
    out += word.text;
  }
  return out;
}

// "1.5", "3": as people write it.
std::string number_text(double value) { return fmt::format("{}", value); }

Complaint outside(const Field& field, double value) {
  if (!field.range || (value >= field.range->low && value <= field.range->high)) return {};
  if (std::isinf(field.range->high)) {
    return fmt::format("{} is less than {}", number_text(value), number_text(field.range->low));
  }
  return fmt::format("{} is not within {} and {}", number_text(value),
                     number_text(field.range->low), number_text(field.range->high));
}

Complaint parse(const Field& field, std::string_view word, std::int64_t& to) {
  std::int64_t value = 0;
  const std::string_view digits = word.starts_with('+') ? word.substr(1) : word;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (status == std::errc::result_out_of_range) {
    return fmt::format("{} is too large", printable(word));
  }
  if (status != std::errc() || end != digits.data() + digits.size()) {
    return fmt::format("'{}' is not a whole number", printable(word));
  }
  if (Complaint wrong = outside(field, static_cast<double>(value))) return wrong;
  to = value;
  return {};
}

Complaint parse(const Field& field, std::string_view word, double& to) {
  double value = 0;
  const std::string_view digits = word.starts_with('+') ? word.substr(1) : word;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (status != std::errc() || end != digits.data() + digits.size() || !std::isfinite(value)) {
    return fmt::format("'{}' is not a number", printable(word));
  }
  if (Complaint wrong = outside(field, value)) return wrong;
  to = value;
  return {};
}

Complaint parse(const Field& /*field*/, std::string_view word, bool& to) {
  if (word != "true" && word != "false" && word != "yes" && word != "no") {
    return fmt::format("'{}' is not true or false", printable(word));
  }
  to = word == "true" || word == "yes";
  return {};
}

Complaint parse(const Field& /*field*/, std::string_view word, std::string& to) {
  to = word;
  return {};
}

template <class T>
Complaint set(const Field& field, std::span<const std::string> words, T* to) {
  if (words.empty()) return "a value is missing";
  return parse(field, words.back(), *to);
}

template <class T>
Complaint set(const Field& field, std::span<const std::string> words, std::optional<T>* to) {
  if (words.empty()) {
    to->reset();
    return {};
  }
  T value = {};
  if (Complaint wrong = parse(field, words.back(), value)) return wrong;
  *to = value;
  return {};
}

Complaint set(const Field& /*field*/, std::span<const std::string> words,
              std::vector<std::string>* to) {
  to->assign(words.begin(), words.end());
  return {};
}

Complaint set(const Field& field, std::span<const std::string> words,
              std::vector<std::int64_t>* to) {
  std::vector<std::int64_t> values;
  if (!words.empty() && !words.back().empty()) {
    for (const std::string& part : split(words.back(), ',')) {
      values.emplace_back();
      if (Complaint wrong = parse(field, part, values.back())) return wrong;
    }
  }
  *to = std::move(values);
  return {};
}

Complaint set(const Field& /*field*/, std::span<const std::string> words, const Choice& choice) {
  if (words.empty()) return "a value is missing";
  std::vector<std::string> known;
  for (const Word& word : choice.words) {
    if (word.text == words.back()) {
      choice.set(word.value);
      return {};
    }
    known.emplace_back(word.text);
  }
  const std::string hint = did_you_mean(words.back(), known);
  return fmt::format("'{}' is none of {}{}", printable(words.back()), joined(choice.words, ", "),
                     hint.empty() ? "" : "; " + hint);
}

std::string placeholder(const Field& field) {
  if (!field.meaning.empty()) return std::string(field.meaning);
  if (field.holds == Holds::file) return "FILE";
  if (field.holds == Holds::folder) return "FOLDER";
  return std::visit(
      Overloaded{[](const bool*) { return std::string(); },
                 [](const std::int64_t*) { return std::string("N"); },
                 [](const std::optional<std::int64_t>*) { return std::string("N"); },
                 [](const std::vector<std::int64_t>*) { return std::string("N[,N...]"); },
                 [](const double*) { return std::string("NUMBER"); },
                 [](const std::optional<double>*) { return std::string("NUMBER"); },
                 [](const std::string*) { return std::string("TEXT"); },
                 [](const std::vector<std::string>*) { return std::string("TEXT"); },
                 [](const Choice& choice) { return joined(choice.words, ","); }},
      field.value);
}

}  // namespace

Option::Option(Field from) : field(std::move(from)), standard(as_text(field)) {}

Options make_options(Fields fields) {
  Options out;
  out.reserve(fields.size());
  for (Field& field : fields) out.emplace_back(std::move(field));
  return out;
}

Option* find_option(Options& options, std::string_view name) {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [&](const Option& o) { return o.field.name == name; });
  return found == options.end() ? nullptr : &*found;
}

bool is_switch(const Field& field) { return std::holds_alternative<bool*>(field.value); }

bool negatable(const Field& field) { return is_switch(field) && !field.name.starts_with("no-"); }

Complaint assign(const Field& field, std::span<const std::string> words) {
  return std::visit([&](const auto& to) { return set(field, words, to); }, field.value);
}

std::string as_text(const Field& field) {
  const Json value = to_json(field);
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return number_text(value.get<double>());
  if (!value.is_array()) return dump_json(value);
  std::string out;
  for (const Json& item : value) {
    if (!out.empty()) out += ',';
    out += item.is_string() ? item.get<std::string>() : dump_json(item);
  }
  return out;
}

std::string flag_text(const Field& field, const std::string& standard) {
  std::string out = field.letter == 0 ? std::string() : fmt::format("-{}, ", field.letter);
  if (is_switch(field)) {
    return out + (negatable(field) && standard == "true" ? "--[no-]" : "--") +
           std::string(field.name);
  }
  return fmt::format("{}--{} {}", out, field.name, placeholder(field));
}

std::string help_text(const Option& option) {
  const Field& field = option.field;
  std::string notes;
  const auto note = [&](const std::string& text) { notes += (notes.empty() ? "" : "; ") + text; };
  if (is_switch(field)) {
    if (option.standard == "true") note("on unless --no-" + std::string(field.name));
  } else if (!option.standard.empty()) {
    note("default " + option.standard);
  }
  if (std::holds_alternative<std::vector<std::string>*>(field.value)) note("repeatable");
  if (field.range && std::isinf(field.range->high)) {
    note("at least " + number_text(field.range->low));
  } else if (field.range) {
    note(number_text(field.range->low) + " to " + number_text(field.range->high));
  }
  // The sentence ends where the notes do.
  std::string_view help = field.help;
  if (help.ends_with('.')) help.remove_suffix(1);
  return std::string(help) + (notes.empty() ? "" : " (" + notes + ")");
}

std::string help_line(const Option& option) {
  return flag_text(option.field, option.standard) + ": " + help_text(option);
}

}  // namespace mx::cli
