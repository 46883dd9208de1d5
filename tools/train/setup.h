// SPDX-License-Identifier: Apache-2.0
// What mx-train and mx-train tune share: their options, the data these name, the model to be, and
// the job that trains it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/threads.h"
#include "cli/command.h"
#include "data/dataset.h"
#include "file/model.h"
#include "infer/quality.h"
#include "learn/lora.h"
#include "learn/train.h"
#include "net/families.h"
#include "trust/declare.h"

namespace mx {

struct TrainSetup {
  std::string init;
  ModelOptions model;
  DataOptions data;
  TrainOptions train;
  LoraOptions lora;
  RightsOptions rights;
  // What the rights say, and what was overridden: set by read_base and load_data.
  Rights given = {};
  std::optional<PermissionOverride> overridden = {};

  Fields fields();
};

// The model of --init, where the licences of model and data allow it to be gone on with. Throws
// what reading throws, Kind::input where they do not, Kind::usage for one without a network, and
// for options of an adapter that cannot be had from it.
[[nodiscard]] std::optional<Model> read_base(TrainSetup& setup, cli::Session& session,
                                             ThreadPool& pool);
// Rows, or text where the network takes tokens. What follows from the model (the task and the
// tokenizer of a bert) is set in `setup`. Throws Kind::usage for options that exclude one another.
[[nodiscard]] Loaded load_data(TrainSetup& setup, const std::optional<Model>& base,
                               cli::Session& session, std::uint64_t seed, ThreadPool& pool);
// What the result depends on, for the lineage: nothing that had no say.
[[nodiscard]] Json options_for_record(TrainSetup& setup, const std::optional<Model>& base,
                                      const Loaded& data, const cli::Session& session);
// The model to be (with --lora the adapter), without weights, with `record` in its lineage. Throws
// Kind::usage where the options, the data and the base do not fit one another.
[[nodiscard]] Model new_model(const TrainSetup& setup, const std::optional<Model>& base,
                              const Loaded& data, const cli::Session& session, Record record);
// `options` are those that the result depends on; `checkpoint` its path.
[[nodiscard]] TrainJob make_job(const TrainSetup& setup, const Model& model,
                                const std::optional<Model>& base, const Loaded& data,
                                const cli::Session& session, const Json& options,
                                std::uint64_t seed, const std::string& checkpoint);

// Trained: `model` gets the weights, its quality and probes, and is written to --output.
struct Written {
  Quality quality;
  std::uint64_t bytes = 0;
};
// An adapter is measured in its base.
[[nodiscard]] Written write_trained(Model& model, const std::optional<Model>& base,
                                    std::vector<Weight> weights, const Loaded& data,
                                    const cli::Session& session, ThreadPool& pool);

}  // namespace mx
