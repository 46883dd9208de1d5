// SPDX-License-Identifier: Apache-2.0
#include "learn/lora.h"

#include <algorithm>
#include <limits>
#include <regex>

#include "base/error.h"
#include "base/words.h"

namespace mx {
namespace {

std::regex expression_of(const std::string& text) {
  try {
    return std::regex(text, std::regex::ECMAScript);
  } catch (const std::regex_error&) {
    throw Error{Kind::usage, fmt::format("'{}' is not a regular expression", printable(text)),
                "--lora-maps query, --lora-maps '^0[.]' or --lora-maps 'query|value'"};
  }
}

std::string names_of(const std::vector<TensorSpec>& specs) {
  std::string out;
  for (const TensorSpec& spec : specs) out += (out.empty() ? "" : ", ") + spec.name;
  return out;
}

}  // namespace

Fields LoraOptions::fields() {
  const char* const g = "Adapters";
  return {
      {.group = g,
       .name = "lora",
       .help = "Train a low-rank adapter of --init instead, whose weights stay: of each map [out, "
               "in] the factors [rank, in] and [out, rank] of what is added to it",
       .value = &rank,
       .range = Range{1, std::numeric_limits<std::int32_t>::max()},
       .meaning = "RANK"},
      {.group = g,
       .name = "lora-alpha",
       .help = "Scale of the adapter: alpha / rank times the product is added (default: the "
               "rank)",
       .value = &alpha,
       .range = Range{1e-6, 1e6}},
      {.group = g,
       .name = "lora-maps",
       .help = "Adapt the linear maps whose names match (default: all inside blocks)",
       .value = &maps,
       .meaning = "REGEX"},
      {.group = g,
       .name = "lora-dropout",
       .help = "Dropout of what enters the adapter, while training (default: none)",
       .value = &dropout,
       .range = Range{0, 0.99}}};
}

std::string_view LoraOptions::idle() const {
  if (rank) return {};
  if (alpha) return "lora-alpha";
  if (!maps.empty()) return "lora-maps";
  return dropout ? "lora-dropout" : "";
}

LowRank low_rank_of(const LoraOptions& options, const Network& network) {
  const std::vector<TensorSpec> all = linear_maps(network);
  const std::regex expression = expression_of(options.maps);
  const auto meant = [&](const TensorSpec& spec) {
    return options.maps.empty() || std::regex_search(spec.name, expression);
  };
  LowRank out{.maps = {},
              .rank = *options.rank,
              .alpha = options.alpha.value_or(static_cast<double>(*options.rank)),
              .dropout = options.dropout.value_or(0)};
  std::ranges::copy_if(all, std::back_inserter(out.maps), meant);
  if (!options.maps.empty()) {
    for (const TensorSpec& spec : tensors(network)) {
      if (spec.shape.size() <= 2 || !spec.prunable || !meant(spec)) continue;
      fail(Kind::usage, "--lora-maps '{}' means '{}', a convolution: linear maps are adapted",
           printable(options.maps), spec.name);
    }
  }
  if (out.maps.empty()) {
    throw Error{Kind::usage,
                options.maps.empty()
                    ? std::string("the network has no linear map that could be adapted")
                    : fmt::format("--lora-maps '{}' means no map", printable(options.maps)),
                all.empty() ? "" : "there are " + names_of(all)};
  }
  for (const TensorSpec& map : out.maps) {
    if (out.rank <= std::min(map.shape[0], map.shape[1])) continue;
    throw Error{Kind::usage,
                fmt::format("--lora {} is more than the map '{}' of {} can have", out.rank,
                            map.name, to_string(map.shape)),
                "give a lower rank, or choose other maps with --lora-maps"};
  }
  return out;
}

}  // namespace mx
