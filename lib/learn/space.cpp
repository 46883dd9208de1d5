// SPDX-License-Identifier: Apache-2.0
#include "learn/space.h"

#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "base/words.h"
#include "io/yaml.h"

namespace mx {
namespace {

constexpr std::uint64_t kStream = std::uint64_t{0x15} << 56U;

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path), yaml_(io::read_yaml(path)) {}

  Space read() const {
    if (!yaml_.value.is_object() || yaml_.value.empty()) {
      throw Error{Kind::usage, fmt::format("{} names no options to search", printable(path_)),
                  "write lines as 'lr: {low: 0.001, high: 0.1, log: true}' or 'dim: [64, 128]'"};
    }
    Space space;
    for (const auto& [option, value] : yaml_.value.items()) {
      space.push_back(value.is_array() ? choices(option, value) : range(option, value));
    }
    return space;
  }

 private:
  [[noreturn]] void refuse(const std::string& option, std::string_view what) const {
    const auto line = yaml_.lines.find("/" + option);
    throw Error{Kind::usage,
                fmt::format("{} line {}: {} {}", printable(path_),
                            line == yaml_.lines.end() ? 1 : line->second, printable(option), what),
                "a list of values, or {low: ..., high: ..., log: true}"};
  }

  Axis choices(const std::string& option, const Json& list) const {
    Axis axis{.option = option};
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto text = yaml_.texts.find(fmt::format("/{}/{}", option, i));
      if (text == yaml_.texts.end()) refuse(option, "has a value that is neither word nor number");
      axis.values.push_back(text->second);
    }
    if (axis.values.empty()) refuse(option, "has no values");
    return axis;
  }

  Axis range(const std::string& option, const Json& object) const {
    Axis axis{.option = option};
    if (!object.is_object()) refuse(option, "is neither a list nor a range");
    for (const auto& [key, value] : object.items()) {
      if (key == "log" && value.is_boolean()) {
        axis.log = value.get<bool>();
      } else if ((key == "low" || key == "high") && value.is_number()) {
        (key == "low" ? axis.low : axis.high) = value.get<double>();
      } else {
        refuse(option, fmt::format("has a '{}' that is not understood", printable(key)));
      }
    }
    if (!object.contains("low") || !object.contains("high")) refuse(option, "lacks low or high");
    if (!(axis.low < axis.high)) refuse(option, "has a low that is not below its high");
    if (axis.log && axis.low <= 0) refuse(option, "has no logarithm at its low end");
    axis.whole = object["low"].is_number_integer() && object["high"].is_number_integer();
    return axis;
  }

  std::string path_;
  io::Yaml yaml_;
};

std::string drawn(const Axis& axis, Random& random) {
  if (!axis.values.empty()) return axis.values[random.below(axis.values.size())];
  const double at = random.uniform();
  // A whole number's share of the range reaches half a step beyond it on both sides.
  const double half = axis.whole ? 0.5 : 0;
  const double low = axis.low - (axis.log ? 0 : half);
  const double high = axis.high + (axis.log ? 0 : half);
  const double value = axis.log ? low * std::pow(high / low, at) : low + (high - low) * at;
  if (axis.whole) {
    return fmt::format("{:.0f}", std::min(axis.high, std::max(axis.low, std::round(value))));
  }
  return fmt::format("{:.6g}", value);
}

}  // namespace

Space read_space(const std::string& path) { return Reader(path).read(); }

Json to_json(const Space& space) {
  Json out = Json::object();
  for (const Axis& axis : space) {
    Json& one = out[axis.option];
    one = axis.values;
    if (!axis.values.empty()) continue;
    const auto end = [&](double value) {
      return axis.whole ? Json(static_cast<std::int64_t>(value)) : Json(value);
    };
    one = {{"low", end(axis.low)}, {"high", end(axis.high)}};
    if (axis.log) one["log"] = true;
  }
  return out;
}

Settings draw(const Space& space, std::uint64_t seed, std::uint64_t number) {
  Settings settings;
  Random random(seed, kStream + number);
  for (const Axis& axis : space) settings.push_back({axis.option, drawn(axis, random)});
  return settings;
}

}  // namespace mx
