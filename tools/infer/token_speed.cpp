// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "base/random.h"
#include "engine/sequence.h"
#include "engine/tokens.h"
#include "infer/timing.h"

namespace mx::infer {
namespace {

constexpr std::size_t kMostPrompt = 512, kMostDecoded = 128;

}  // namespace

TokenSpeed token_speed(const Engine& engine, double seconds) {
  const engine::TokenNetwork& network = *engine.token_network();
  Sequence sequence(engine);
  TokenSpeed out;
  out.prompt = std::min(kMostPrompt, sequence.context());
  std::vector<TokenId> ids(out.prompt);
  Random random(1);
  for (TokenId& id : ids) id = static_cast<TokenId>(random.below(network.vocabulary()));
  std::vector<float> logits(network.outputs());
  const double prefill = shortest(seconds / 2, [&] {
    sequence.truncate(0);
    sequence.feed(ids, logits);
  });
  out.prefill = static_cast<double>(ids.size()) / prefill;
  if (network.sees_ahead()) return out;
  const std::size_t decoded = std::min(kMostDecoded, ids.size());
  const double decode = shortest(seconds / 2, [&] {
    sequence.truncate(0);
    for (std::size_t i = 0; i < decoded; ++i) sequence.feed({&ids[i], 1}, logits);
  });
  out.decode = static_cast<double>(decoded) / decode;
  return out;
}

}  // namespace mx::infer
