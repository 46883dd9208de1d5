// SPDX-License-Identifier: Apache-2.0
// How good a model is on the rows it was not trained on: what training tools report and record.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "base/threads.h"
#include "infer/metrics.h"

namespace mx {

struct Quality {
  std::optional<Evaluation> valid, test;  // absent where there are no rows
};
// By the engine, with the model's own network and weights.
[[nodiscard]] Quality measure(const Model& model, const Loaded& data, ThreadPool& pool);

// For people and scripts: valid_loss, valid_accuracy (valid_r2), test_loss, ..., test_rows.
void add_to(Json& result, const Quality& quality);
// Five digits, so that a record stays short and says no more than its rows can.
[[nodiscard]] double rounded(double value);
// For the lineage: as above, in five digits.
[[nodiscard]] Json lineage_metrics(const Quality& quality);
// One model among those of a result, as "models" lists them: name, parameters, bytes where they are
// known (0: not), and how good it is where that was measured.
[[nodiscard]] Json model_json(std::string_view name, const Network& network, std::uint64_t bytes,
                              const Evaluation* evaluation);
// One line each: "test: loss 0.0812, accuracy 0.9778 (0.957 to 0.989), 359 rows".
[[nodiscard]] std::string describe(const Quality& quality);

}  // namespace mx
