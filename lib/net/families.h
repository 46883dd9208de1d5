// SPDX-License-Identifier: Apache-2.0
// Families: builders that write a block list from a few options. Nothing downstream asks which one
// it was.
#pragma once

#include <string>
#include <vector>

#include "base/fields.h"
#include "net/network.h"

namespace mx {

enum class Family { mlp, cnn };

struct ModelOptions {
  Family family = Family::mlp;
  std::vector<std::int64_t> hidden = {128, 64};
  std::vector<std::int64_t> channels = {16, 32};
  Act activation = Act::relu;
  double dropout = 0;

  Fields fields();  // --model, --hidden, --channels, --activation, --dropout
};

// input: one row's shape; outputs: classes or label columns.
// mlp: [flatten,] (linear, activation, dropout)*, linear. Names "0", "1", ... , last "head".
// cnn: (conv 5x5 with padding 2, activation, max pool 2)*, flatten, the mlp; the names go on
// counting. Throws Kind::usage when the input does not suit the family.
[[nodiscard]] Network build(const ModelOptions& options, const Shape& input, std::int64_t outputs);

}  // namespace mx
