// SPDX-License-Identifier: Apache-2.0
#include "text/normalizer.h"

#include <algorithm>
#include <array>

#include "base/base64.h"
#include "base/error.h"
#include "base/words.h"
#include "text/normalizer_steps.h"

namespace mx {
namespace {

using Act = NormalizerStep::Kind;
using Step = NormalizerStep;

constexpr std::array<std::string_view, 6> kPlain = {"nfc",  "nfd",       "nfkc",
                                                    "nfkd", "lowercase", "strip_accents"};

Charsmap map_from(const std::string& text, const std::string& where) {
  return Charsmap(mx::text(from_base64(text, where)));
}

Step step_from(const Json& json, const std::string& where) {
  Step step;
  if (json.is_string()) {
    const auto found = std::ranges::find(kPlain, json.get_ref<const std::string&>());
    if (found != kPlain.end()) {
      step.kind = static_cast<Act>(found - kPlain.begin());
      return step;
    }
  }
  if (!json.is_object() || json.size() != 1) {
    fail(Kind::input, "{}: a step of 'normalize' or 'prepare' is not known", where);
  }
  const std::string name = json.begin().key();
  JsonObject object(json, where);
  if (name == "replace") {
    const std::vector<std::string> texts = object.texts(name);
    if (texts.size() != 2 || texts[0].empty()) {
      fail(Kind::input, "{}: 'replace' is not two texts", where);
    }
    step = {.kind = Act::replace, .from = texts[0], .to = texts[1]};
  } else if (name == "trim") {
    const std::string side = object.text(name);
    step = {.kind = Act::trim, .left = side != "right", .right = side != "left"};
    if (side != "left" && side != "right" && side != "both") {
      fail(Kind::input, "{}: 'trim' is neither left, right nor both", where);
    }
  } else if (name == "charsmap") {
    step.kind = Act::charsmap;
    step.map.push_back(map_from(object.text(name), where));
  } else if (name == "sentencepiece") {
    JsonObject rules(object.at(name), where);
    step = {.kind = Act::sentencepiece,
            .prefix = rules.boolean("prefix"),
            .squeeze_blanks = rules.boolean("squeeze")};
    if (rules.has("charsmap")) step.map.push_back(map_from(rules.text("charsmap"), where));
    if (rules.has("keep")) step.keep = rules.texts("keep");
    rules.finish();
  } else {
    constexpr std::pair<std::string_view, Act> kOfText[] = {{"squeeze", Act::squeeze},
                                                            {"prepend", Act::prepend},
                                                            {"lead", Act::lead},
                                                            {"lead_first", Act::lead},
                                                            {"words", Act::words}};
    const auto* const found = std::ranges::find(kOfText, name, [](auto& of) { return of.first; });
    if (found == std::end(kOfText)) {
      fail(Kind::input, "{}: the step '{}' is not known", where, printable(name));
    }
    step = {.kind = found->second, .to = object.text(name), .first = name == "lead_first"};
    if (step.to.empty() && step.kind != Act::squeeze) {
      fail(Kind::input, "{}: the step '{}' has no text", where, name);
    }
  }
  return step;
}

Json step_json(const Step& step) {
  switch (step.kind) {
    case Act::replace:
      return {{"replace", {step.from, step.to}}};
    case Act::squeeze:
      return {{"squeeze", step.to}};
    case Act::trim:
      return {{"trim", step.left && step.right ? "both" : step.left ? "left" : "right"}};
    case Act::prepend:
      return {{"prepend", step.to}};
    case Act::lead:
      return {{step.first ? "lead_first" : "lead", step.to}};
    case Act::words:
      return {{"words", step.to}};
    case Act::charsmap:
      return {{"charsmap", to_base64(view(step.map.front().bytes()))}};
    case Act::sentencepiece: {
      Json rules = {{"prefix", step.prefix}, {"squeeze", step.squeeze_blanks}};
      if (!step.map.empty()) rules["charsmap"] = to_base64(view(step.map.front().bytes()));
      if (!step.keep.empty()) rules["keep"] = step.keep;
      return {{"sentencepiece", std::move(rules)}};
    }
    default:
      return kPlain.at(static_cast<std::size_t>(step.kind));
  }
}

}  // namespace

Normalizer::Normalizer(std::vector<NormalizerStep> steps) : steps_(std::move(steps)) {
  if (steps_.size() > kMostSteps) {
    fail(Kind::input, "the tokenizer has over {} steps on text", kMostSteps);
  }
  for (NormalizerStep& step : steps_) {
    if (std::max(step.from.size(), step.to.size()) > kLongest) {
      fail(Kind::input, "a step of the tokenizer has a text of over {} bytes", kLongest);
    }
    for (const std::string& text : step.keep) {
      if (text.size() > kLongest) {
        fail(Kind::input, "a step of the tokenizer keeps a text of over {} bytes", kLongest);
      }
      if (!text.empty()) step.kept.insert(text, 0);
    }
  }
}

Normalizer::Normalizer(const Json& steps, const std::string& where)
    : Normalizer([&] {
        if (!steps.is_array() || steps.size() > Normalizer::kMostSteps) {
          fail(Kind::input, "{}: 'normalize' or 'prepare' is not a list of at most {} steps", where,
               Normalizer::kMostSteps);
        }
        std::vector<NormalizerStep> out;
        for (const Json& step : steps) out.push_back(step_from(step, where));
        return out;
      }()) {}

Json Normalizer::to_json() const {
  Json out = Json::array();
  for (const NormalizerStep& step : steps_) out.push_back(step_json(step));
  return out;
}

bool Normalizer::puts_in_front(std::string_view text) const {
  return std::ranges::any_of(steps_, [&](const NormalizerStep& step) {
    const bool puts =
        step.kind == Act::prepend || step.kind == Act::lead || step.kind == Act::words;
    return (puts && step.to == text) || (step.kind == Act::sentencepiece && step.prefix);
  });
}

void Normalizer::apply(std::string& text, Place place) const {
  apply(text, place, kMostGrowth * (text.size() + kLongest));
}

void Normalizer::apply(std::string& text, Place place, std::size_t most) const {
  for (const NormalizerStep& step : steps_) apply_step(step, place, text, most);
}

}  // namespace mx
