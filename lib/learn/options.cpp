// SPDX-License-Identifier: Apache-2.0
#include "learn/options.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/words.h"
#include "learn/train.h"

namespace mx {
namespace {

constexpr double kMost = std::numeric_limits<double>::infinity();

template <class E>
Word word(std::string_view text, E value) {
  return {text, static_cast<int>(value)};
}

// A bool that users write as yes or no.
Choice yes_or_no(bool& member) {
  return {{{"yes", 1}, {"no", 0}},
          [&member] { return member ? 1 : 0; },
          [&member](int value) { member = value != 0; }};
}

}  // namespace

Fields TrainOptions::fields() {
  const char* const g = "Training";
  const char* const c = "Checkpoints";
  return {
      {g, "optimizer", "How weights follow gradients; gd takes all rows in each step",
       choice(optimizer, {word("gd", Optimizer::gd), word("sgd", Optimizer::sgd),
                          word("adam", Optimizer::adam), word("adamw", Optimizer::adamw)})},
      {g, "lr", "Learning rate (its peak, with a schedule)", &lr, Range{0, kMost}},
      {g, "momentum", "Momentum of sgd", &momentum, Range{0, 1}},
      {g, "weight-decay", "Decay of weights: decoupled with adamw, else added to the gradient",
       &weight_decay, Range{0, kMost}},
      {g, "schedule", "How the learning rate goes on after the warm-up: linear and cosine end at 0",
       choice(schedule, {word("constant", Schedule::constant), word("linear", Schedule::linear),
                         word("cosine", Schedule::cosine)})},
      {g, "warmup", "Steps in which the learning rate rises from 0", &warmup, Range{0, kMost}},
      {g, "epochs", "Passes over the training rows (20 when --steps is not given either)", &epochs,
       Range{1, kMost}},
      {g, "steps", "Optimizer steps, instead of --epochs", &steps, Range{1, kMost}},
      {g, "batch-size", "Rows in one forward and backward pass", &batch_size, Range{1, kMost}},
      {g, "accumulate", "Batches in one optimizer step", &accumulate, Range{1, kMost}},
      {g, "clip", "Largest norm of the whole gradient; 0 leaves it as it is", &clip,
       Range{0, kMost}},
      {g, "precision", "Of matrix products; bf16 needs a processor that has them",
       choice(precision, {word("fp32", Precision::fp32), word("bf16", Precision::bf16)})},
      {g,
       "activation-checkpointing",
       "Keep only what enters each block, and compute it again for the gradient: less memory, a "
       "third more time",
       &activation_checkpointing,
       {},
       Affects::run},
      {.group = g,
       .name = "augment",
       .help = "Change training images at random: shift:N moves each by up to N pixels",
       .value = &augment,
       .meaning = "shift:N"},
      {g, "shuffle", "Whether each epoch takes the rows in a new order", yes_or_no(shuffle)},
      {g, "eval-every", "Steps between evaluations on the validation rows (default: an epoch)",
       &eval_every, Range{1, kMost}},
      {g, "patience", "Evaluations without a lower validation loss before training stops; 0: never",
       &patience, Range{0, kMost}},
      {c, "checkpoint-every", "Steps between checkpoints (default: every 30 seconds)",
       &checkpoint_every, Range{1, kMost}, Affects::run},
      {c,
       "resume",
       "Whether to go on from a checkpoint: auto, never, or the checkpoint's FILE",
       &resume,
       {},
       Affects::run,
       Holds::file,
       0,
       "auto,never,FILE"},
      {c,
       "checkpoint",
       "Where the checkpoint lies (default: OUTPUT.ckpt)",
       &checkpoint,
       {},
       Affects::run,
       Holds::file},
  };
}

std::vector<std::string> items_of(std::string_view list) {
  if (list.empty()) return {};
  return split(list, ',');
}

std::vector<double> positive_numbers(std::string_view list, std::string_view option) {
  std::vector<double> out;
  for (const std::string& item : items_of(list)) {
    double value = 0;
    const char* const end = item.data() + item.size();
    const auto [stop, code] = std::from_chars(item.data(), end, value);
    if (code != std::errc() || stop != end || !(value > 0) || !std::isfinite(value)) {
      fail(Kind::usage, "{}: '{}' is not a number above 0", option, printable(item));
    }
    out.push_back(value);
  }
  return out;
}

Fields DistillOptions::fields() {
  const char* const g = "Distillation";
  return {
      {g, "temperature", "Softens teacher and student alike; the soft term is scaled by its square",
       &temperature, Range{0.01, 1000}},
      {g, "alpha", "Weight of the soft term; the rest is the rows' own labels", &alpha,
       Range{0, 1}},
      {g, "divergence",
       "Between teacher p and student q: KL(p|q), KL(q|p), or their generalized Jensen-Shannon",
       choice(divergence,
              {word("forward-kl", Divergence::forward_kl),
               word("reverse-kl", Divergence::reverse_kl), word("js", Divergence::js)})},
      {g, "beta",
       "Of js: weight of p in the mixture; towards 0 it is forward-kl, towards 1 reverse-kl", &beta,
       Range{0.001, 0.999}},
      {.group = g,
       .name = "teacher-weight",
       .help = "How much each teacher counts, in their order (default: alike)",
       .value = &teacher_weight,
       .meaning = "W[,W...]"},
      {.group = g,
       .name = "match",
       .help =
           "What is held to the (first) teacher's: logits; hidden: what layers give; attention: "
           "where tokens look; values: how tokens' values relate",
       .value = &match,
       .meaning = "logits,hidden,attention,values"},
      {.group = g,
       .name = "match-weight",
       .help = "Weight of the matched terms but logits: one for all, or one each (default: 1)",
       .value = &match_weight,
       .meaning = "W[,W...]"},
      {.group = g,
       .name = "layer-map",
       .help =
           "Which layer of the student is held to which of the teacher, from 0 (default: hidden "
           "evenly, attention and values the last)",
       .value = &layer_map,
       .meaning = "S:T[,S:T...]"},
  };
}

}  // namespace mx
