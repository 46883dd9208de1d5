// SPDX-License-Identifier: Apache-2.0
#include "data/masking.h"

#include <algorithm>

#include "base/error.h"

namespace mx {
namespace {

constexpr double kHidden = 0.15;

}  // namespace

Masking masking_of(const Tokenizer& tokenizer) {
  std::optional<TokenId> mask = tokenizer.special("[MASK]");
  if (!mask) mask = tokenizer.special("<mask>");
  if (!mask) {
    throw Error{Kind::usage,
                "the tokenizer has no [MASK] or <mask>, which the task mlm puts on tokens",
                "--tokenizer wordpiece has one"};
  }
  Masking out{.mask = *mask, .vocab = static_cast<std::int64_t>(tokenizer.size()), .specials = {}};
  for (const SpecialToken& special : tokenizer.specials()) out.specials.push_back(special.id);
  return out;
}

void hide_tokens(std::span<std::int32_t> ids, std::span<std::int32_t> targets,
                 const Masking& masking, Random& random) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    targets[i] = -1;
    const bool special = std::ranges::find(masking.specials, ids[i]) != masking.specials.end();
    if (ids[i] < 0 || special || random.uniform() >= kHidden) continue;
    targets[i] = ids[i];
    const double how = random.uniform();
    if (how < 0.8) {
      ids[i] = static_cast<std::int32_t>(masking.mask);
    } else if (how < 0.9) {
      ids[i] = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(masking.vocab)));
    }
  }
}

}  // namespace mx
