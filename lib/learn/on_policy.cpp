// SPDX-License-Identifier: Apache-2.0
#include "learn/on_policy.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "engine/engine.h"
#include "engine/sequence.h"
#include "engine/tokens.h"

namespace mx {
namespace {

TokenId draw(std::span<const float> logits, Random& random) {
  const float best = *std::ranges::max_element(logits);
  std::vector<float> shares(logits.size());
  double sum = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    shares[i] = std::exp(logits[i] - best);
    sum += shares[i];
  }
  if (!std::isfinite(sum)) fail(Kind::failed, "the student's outputs are not finite");
  double at = random.uniform() * sum;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    at -= shares[i];
    if (at < 0) return static_cast<TokenId>(i);
  }
  return static_cast<TokenId>(std::ranges::max_element(logits) - logits.begin());
}

}  // namespace

Fields OnPolicyOptions::fields() {
  const char* const g = "Distillation";
  return {{g, "on-policy",
           "Share of the batches that are text written by the student itself, on which it learns "
           "from its teachers alone",
           &share, Range{0, 1}},
          {g, "on-policy-tokens",
           "Tokens that it writes of each row, behind the others (default: all but the first)",
           &tokens, Range{1, 1 << 24}}};
}

OnPolicy::OnPolicy(const OnPolicyOptions& options, const Network& student, const Loaded& data,
                   std::size_t threads)
    : network_(student), share_(options.share.value_or(0)), rows_(threads), alone_(1) {
  if (data.schema.task != Task::lm) {
    throw Error{Kind::usage, "--on-policy is for language models: others write no text",
                "leave it out"};
  }
  tokens_ = options.tokens.value_or(std::max<std::int64_t>(1, context_of(student) - 1));
  const TokenRows::Rules rules = data.train.tokens->rules();
  if (rules.boundaries == "keep") {
    throw Error{Kind::usage, "--on-policy does not write in rows that keep documents apart",
                "use --boundaries cross or rows"};
  }
  if (rules.stride == 0) {
    end_ = end_token(*tokenizer_from_json(data.tokenizer, "the tokenizer"));
  }
}

void OnPolicy::write(Batch& batch, std::span<const Weight> student, Random& random) {
  const Engine engine(network_, student, alone_);
  const auto rows = static_cast<std::size_t>(batch.x.size(0));
  const auto length = static_cast<std::size_t>(batch.x.size(1));
  const std::size_t vocabulary = engine.token_network()->outputs();
  std::vector<Random> randoms;
  for (std::size_t i = 0; i < rows; ++i) randoms.emplace_back(random.next());
  at::Tensor x = batch.x.clone(), classes = batch.classes.clone();
  rows_.run(rows, [&](std::size_t i) {
    const std::span<std::int64_t> ids(x.data_ptr<std::int64_t>() + i * length, length);
    const std::span<std::int64_t> targets(classes.data_ptr<std::int64_t>() + i * length, length);
    const auto real = static_cast<std::size_t>(
        std::ranges::find_if(ids, [](auto id) { return id < 0; }) - ids.begin());
    const auto scored = static_cast<std::size_t>(
        std::ranges::find_if(targets, [](auto target) { return target >= 0; }) - targets.begin());
    std::ranges::fill(targets, -1);
    const std::size_t most = std::min(real, static_cast<std::size_t>(tokens_));
    std::size_t at = std::max(real - most, scored + 1);
    if (at >= real) return;
    std::vector<TokenId> next(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(at));
    std::vector<float> logits(vocabulary);
    Sequence sequence(engine);
    bool ended = false;
    for (; at < real; ++at) {
      ids[at] = -1;
      if (ended) continue;
      sequence.feed(next, logits);
      next = {draw(logits, randoms[i])};
      ids[at] = targets[at - 1] = next.front();
      ended = end_ && next.front() == *end_;
    }
  });
  batch.x = x;
  batch.classes = classes;
}

}  // namespace mx
