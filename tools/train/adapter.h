// SPDX-License-Identifier: Apache-2.0
// mx-train --lora: the adapter that is trained in place of a model.
#pragma once

#include "train/setup.h"

namespace mx {

// Throws Kind::usage for --lora without --init, and for its options without it.
void check_lora(const TrainSetup& setup);

// `model`, made for further training of `base`, becomes an adapter of it. Throws Kind::usage when
// its network is not the base's.
void make_adapter(Model& model, const Model& base, const LoraOptions& options);

// Of base and adapter, as mx-infer runs them.
[[nodiscard]] Quality measure_adapter(const Model& adapter, const Model& base, const Loaded& data,
                                      ThreadPool& pool);

}  // namespace mx
