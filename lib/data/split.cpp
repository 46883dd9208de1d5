// SPDX-License-Identifier: Apache-2.0
#include "data/split.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "base/words.h"

namespace mx {

Fold parse_fold(std::string_view text) {
  if (text.empty()) return {};
  Fold fold;
  const char* const end = text.data() + text.size();
  const auto [slash, first] = std::from_chars(text.data(), end, fold.number);
  bool sound = first == std::errc() && slash != end && *slash == '/';
  if (sound) {
    const auto [stop, second] = std::from_chars(slash + 1, end, fold.count);
    sound = second == std::errc() && stop == end;
  }
  if (!sound || fold.count < 2 || fold.number < 1 || fold.number > fold.count) {
    throw Error{Kind::usage, fmt::format("--fold does not know '{}'", printable(text)),
                "write K/N with K from 1 to N: --fold 1/5 leaves out the first of five parts"};
  }
  return fold;
}

std::vector<Part> divide(std::uint64_t rows, const Fold& fold, double valid_fraction,
                         std::uint64_t seed) {
  constexpr std::uint64_t kStream = 0x76616c6964;  // "valid"
  std::vector<Part> parts(static_cast<std::size_t>(rows), Part::train);
  std::vector<std::size_t> rest;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (fold.holds(i)) {
      parts[i] = Part::test;
    } else if (valid_fraction > 0) {
      rest.push_back(i);
    }
  }
  if (rest.empty()) return parts;
  Random random(seed, kStream);
  random.shuffle(std::span(rest));
  const double share = std::round(valid_fraction * static_cast<double>(rest.size()));
  const std::size_t count =
      std::clamp<std::size_t>(static_cast<std::size_t>(share), 1, rest.size());
  for (std::size_t i = 0; i < count; ++i) parts[rest[i]] = Part::valid;
  return parts;
}

}  // namespace mx
