// SPDX-License-Identifier: Apache-2.0
// What a config of Transformers stands for: the network, and which of the model's tensors (whole,
// or some rows, or turned) each of the network's is. Reading a model follows it one way, writing
// one the other way.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "convert/hf_config.h"
#include "convert/hugging_face.h"
#include "convert/parts.h"
#include "net/network.h"

namespace mx {

using TensorNames = std::set<std::string, std::less<>>;

struct HfPlan {
  std::string family;  // "llama"
  Network network;
  TensorPieces parts;
  TensorNames idle = {};          // theirs that no network reads
  std::string classes_from = {};  // their tensor whose rows are the last map's outputs, which the
                                  // config does not say; the network's says 0 then
};

struct HfModel {
  const TensorNames& names;      // of the model's tensors: some say what the config does not
  std::int64_t most_layers = 0;  // more than that cannot be
  const std::optional<SentencePooling>& pooling;
};

// Throws Kind::input for a model type that is not known and for whatever blocks cannot say.
[[nodiscard]] HfPlan plan_hugging_face(HfConfig& config, const HfModel& model);

}  // namespace mx
