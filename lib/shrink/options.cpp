// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <limits>

#include "base/words.h"
#include "shrink/prune.h"
#include "shrink/structure.h"

namespace mx {
namespace {

constexpr std::string_view kGroup = "Pruning";
constexpr double kMost = std::numeric_limits<double>::infinity();

}  // namespace

Fields PruneOptions::fields() {
  return {
      {kGroup, "sparsity", "Share of the prunable weights (or structures) to remove", &sparsity,
       Range{0, 1}},
      {kGroup, "criterion",
       "How importance is scored: |w|; |w * gradient| over rows; wanda: |w| times the norm of its "
       "input; sparsegpt: the error of the outputs that cannot be made good, with the rest made to "
       "make it good; likelihood: the mean probability of the labels that goes with a structure",
       choice(criterion, {{"magnitude", int(Criterion::magnitude)},
                          {"gradient", int(Criterion::gradient)},
                          {"wanda", int(Criterion::wanda)},
                          {"sparsegpt", int(Criterion::sparsegpt)},
                          {"likelihood", int(Criterion::likelihood)}})},
      {.group = kGroup,
       .name = "pattern",
       .help =
           "What is removed: single weights (free), all but N of every M weights (2:4), or whole "
           "structures: neurons (of feed-forward blocks too), channels, attention heads, "
           "residual blocks",
       .value = &pattern,
       .meaning = "free,N:M,neurons,channels,heads,blocks"},
      {kGroup, "scope",
       "Whether all weights compete, the share goes off each layer, less off blocks with many "
       "outliers (OWL), or less off blocks whose pruning costs more loss, which is measured; auto: "
       "global, but layer for weights with wanda and sparsegpt",
       choice(scope, {{"auto", int(Scope::automatic)},
                      {"global", int(Scope::global)},
                      {"layer", int(Scope::layer)},
                      {"outliers", int(Scope::outliers)},
                      {"sensitivity", int(Scope::sensitivity)}})},
      {kGroup, "schedule",
       "All at once, or little by little over the first two thirds of the fine-tuning",
       choice(schedule, {{"one-shot", int(PruneSchedule::one_shot)},
                         {"gradual", int(PruneSchedule::gradual)}})},
      {kGroup, "finetune-epochs", "Train the remaining weights for this many passes over --data",
       &finetune_epochs, Range{1, kMost}},
      {kGroup, "finetune-steps", "Train the remaining weights for this many steps", &finetune_steps,
       Range{1, kMost}},
      {kGroup, "max-loss-increase",
       "Find the largest sparsity whose loss grows by at most this: nats, or a share of the loss "
       "for regression",
       &max_loss_increase, Range{0, kMost}},
      {kGroup, "calibration-rows",
       "Rows to prune on with wanda and sparsegpt; default 4096, of text 256 windows", &rows,
       Range{1, 1e9}},
      {kGroup, "damping", "Of sparsegpt: share of the mean diagonal added to the inputs' moments",
       &damping, Range{0, 1e3}},
      {kGroup, "refine",
       "Of sparsegpt: rounds in which choice and numbers are improved together; 0: the published "
       "method alone",
       &refine, Range{0, 1e6}},
      {.group = kGroup,
       .name = "importance",
       .help = "Of gradient and likelihood: what the parts are worth, in this file: measured once, "
               "then used for any sparsity",
       .value = &importance,
       .affects = Affects::run,
       .holds = Holds::file},
      {.group = kGroup,
       .name = "keep",
       .help = "Never prune the weights whose names this regular expression matches",
       .value = &keep,
       .meaning = "REGEX"},
  };
}

Pattern parse_pattern(const std::string& text) {
  static const std::array<std::string, 6> kKnown = {"free",     "2:4",   "neurons",
                                                    "channels", "heads", "blocks"};
  if (text == "free") return {};
  for (const Structure structure :
       {Structure::neurons, Structure::channels, Structure::heads, Structure::blocks}) {
    if (text == name_of(structure)) {
      return {.kind = Pattern::Kind::structures, .structure = structure};
    }
  }
  const std::size_t colon = text.find(':');
  constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();
  const std::string_view left = std::string_view(text).substr(0, colon);
  const std::string_view right =
      colon == std::string::npos ? "" : std::string_view(text).substr(colon + 1);
  const std::uint64_t n = whole_number(left).value_or(kNone),
                      m = whole_number(right).value_or(kNone);
  if (n == kNone || m == kNone) {
    std::string hint = did_you_mean(text, kKnown);
    throw Error{
        Kind::usage, fmt::format("'{}' is not a pattern", printable(text)),
        hint.empty() ? "free, N:M (as 2:4), neurons, channels, heads or blocks" : std::move(hint)};
  }
  if (n < 1 || n >= m || m > 65536) {
    throw Error{Kind::usage, fmt::format("the pattern {} keeps nothing or removes nothing", text),
                "in N:M, N is at least 1 and less than M: 2:4 keeps two of every four"};
  }
  return {.kind = Pattern::Kind::n_of_m,
          .n = static_cast<std::int64_t>(n),
          .m = static_cast<std::int64_t>(m)};
}

}  // namespace mx
