// SPDX-License-Identifier: Apache-2.0
#include "train/adapter.h"

#include "base/error.h"
#include "file/adapter.h"
#include "infer/merge.h"

namespace mx {

void check_lora(const TrainSetup& setup) {
  if (const std::string_view idle = setup.lora.idle(); !idle.empty()) {
    throw Error{Kind::usage, fmt::format("--{} is of no use without --lora", idle),
                "--lora RANK trains an adapter"};
  }
  if (setup.lora.rank && setup.init.empty()) {
    throw Error{Kind::usage, "--lora adapts a model that is there already",
                "name it with --init MODEL"};
  }
}

void make_adapter(Model& model, const Model& base, const LoraOptions& options) {
  Header& header = model.header;
  if (to_json(header.network) != to_json(base.header.network)) {
    throw Error{Kind::usage, "--lora leaves the network as it is, but the task needs a new head",
                "train the head without --lora first"};
  }
  const LowRank low_rank = low_rank_of(options, base.header.network);
  header.kind = FileKind::adapter;
  header.base = base.identity;
  header.network = {};
  header.extra = to_json(AdapterFacts{.rank = low_rank.rank, .alpha = low_rank.alpha});
  if (!base.header.schema.is_null()) header.schema = nullptr;
  model.lineage.records.back().parents = {{base.identity, "base"}};
}

Quality measure_adapter(const Model& adapter, const Model& base, const Loaded& data,
                        ThreadPool& pool) {
  Model both;
  both.header = base.header;
  both.weights = base.weights;
  both.identity = base.identity;
  (void)merge_adapter(both, adapter, "the adapter", pool);
  return measure(both, data, pool);
}

}  // namespace mx
