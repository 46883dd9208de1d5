// SPDX-License-Identifier: Apache-2.0
#include "data/words.h"

#include <charconv>

#include "base/error.h"
#include "data/table.h"

namespace mx {
namespace {

constexpr std::size_t kMostDigits = 9;
constexpr std::size_t kShortestRun = 3;

struct Counted {
  std::string_view start;
  std::size_t width = 0;  // digits
  std::uint64_t number = 0;
};

// The digits at the end of `word`; width 0: there are none.
Counted counted(std::string_view word) {
  std::size_t at = word.size();
  while (at > 0 && word.size() - at < kMostDigits && word[at - 1] >= '0' && word[at - 1] <= '9') {
    --at;
  }
  Counted out{word.substr(0, at), word.size() - at, 0};
  std::from_chars(word.data() + at, word.data() + word.size(), out.number);
  return out;
}

std::string counted_from(const Counted& first, std::uint64_t number) {
  return fmt::format("{}{:0{}}", first.start, number, first.width);
}

}  // namespace

Json words_to_json(const std::vector<std::string>& words) {
  Json out = Json::array();
  for (std::size_t i = 0; i < words.size();) {
    const Counted first = counted(words[i]);
    std::size_t run = 1;
    while (first.width > 0 && i + run < words.size() &&
           words[i + run] == counted_from(first, first.number + run) &&
           counted(words[i + run]).start == first.start) {
      ++run;
    }
    if (run >= kShortestRun) {
      out.push_back(Json::array({words[i], words[i + run - 1]}));
      i += run;
    } else {
      out.push_back(words[i++]);
    }
  }
  return out;
}

std::vector<std::string> words_from_json(const Json& json, std::string_view where,
                                         std::size_t& budget) {
  if (!json.is_array()) fail(Kind::input, "{} is not a list", where);
  std::vector<std::string> out;
  const auto spend = [&](std::uint64_t count) {
    if (count > budget) fail(Kind::input, "{} is too long", where);
    budget -= static_cast<std::size_t>(count);
  };
  for (const Json& item : json) {
    if (item.is_string()) {
      spend(1);
      out.push_back(item.get<std::string>());
      continue;
    }
    if (!item.is_array() || item.size() != 2 || !item[0].is_string() || !item[1].is_string()) {
      fail(Kind::input, "{} holds something that is no string", where);
    }
    const auto& from = item[0].get_ref<const std::string&>();
    const auto& to = item[1].get_ref<const std::string&>();
    const Counted first = counted(from);
    const Counted last = counted(to);
    const bool sound = first.width > 0 && last.start == first.start && last.number > first.number &&
                       counted_from(first, last.number) == to;
    if (!sound) fail(Kind::input, "{} holds a run that does not count", where);
    spend(last.number - first.number + 1);
    for (std::uint64_t number = first.number; number <= last.number; ++number) {
      out.push_back(counted_from(first, number));
    }
  }
  return out;
}

bool natural_less(std::string_view a, std::string_view b) {
  double x = 0;
  double y = 0;
  const bool a_number = parse_number(a, x);
  const bool b_number = parse_number(b, y);
  if (a_number != b_number) return a_number;
  if (a_number && x != y) return x < y;
  return a < b;
}

}  // namespace mx
