// SPDX-License-Identifier: Apache-2.0
#include "pack/measure.h"

#include <algorithm>
#include <cmath>

#include "data/language.h"
#include "engine/engine.h"
#include "net/families.h"

namespace mx::pack {

Fields Measure::fields() {
  Fields fields = options_.fields(false);
  for (Field& field : fields) {
    field.affects = Affects::run;  // the rows are named in the lineage by their digest
    if (field.name != "data") continue;
    field.name = "calibrate";
    field.help =
        "Choose codes for the least error on these rows, and measure the loss before and after on "
        "every tenth, kept apart";
  }
  append(fields, {{.group = fields.front().group,
                   .name = "valid",
                   .help = "Measure the loss before and after on these rows",
                   .value = &options_.valid,
                   .affects = Affects::run,
                   .holds = Holds::file}});
  return fields;
}

void Measure::load(const Model& model, ThreadPool& pool, Log& log) {
  const bool scores = !model.header.schema.is_null();
  if (!scores && !ends_pooled(model.header.network)) {
    throw Error{Kind::usage, "the model has no schema, so --calibrate and --valid cannot be read",
                "leave them out; the probes are measured all the same"};
  }
  const auto read = [&](DataOptions options, const char* role) {
    options.valid.clear();
    Loaded loaded = load_evaluation_data(options, model.header, pool, log);
    for (DataUsed& used : loaded.used) {
      used.role = role;
      used_.push_back(used);
    }
    if (scores) schema_ = std::move(loaded.schema);
    return std::move(loaded.test);
  };
  if (!options_.valid.empty()) {
    DataOptions valid = options_;
    valid.data = options_.valid;
    measured_ = read(valid, "valid");
  }
  if (!options_.data.empty()) {
    DataOptions all = options_;
    all.fold.clear();
    solved_ = read(all, "calibrate");
  }
  if (options_.valid.empty()) keep_apart();
  constexpr std::size_t kFew = 256;
  few_ = pick(measured_, spread_rows(measured_.rows, kFew));
}

// With --fold K/N part K, as mx-infer eval measures it; else every tenth row.
void Measure::keep_apart() {
  constexpr std::int64_t kPart = 10;
  Fold fold = parse_fold(options_.fold);
  measured_ = solved_;
  if (fold.count == 0) fold = {kPart, kPart};
  if (solved_.rows < static_cast<std::size_t>(fold.count)) return;
  std::vector<std::size_t> apart, others;
  for (std::size_t i = 0; i < solved_.rows; ++i) (fold.holds(i) ? apart : others).push_back(i);
  measured_ = pick(solved_, apart);
  solved_ = pick(solved_, others);
}

CalibrationRows Measure::rows(std::size_t most) const { return calibration_rows(solved_, most); }

Evaluation Measure::run(const Model& model, ThreadPool& pool) const {
  Engine engine(model, pool);
  return evaluate(schema_.value(), measured_, engine);
}

Comparison Measure::compare(const Model& model, std::span<const Weight> other, ThreadPool& pool,
                            bool quick) const {
  Engine a(model.header.network, other, pool, nullptr, model.max_memory), b(model, pool);
  return mx::compare(schema_.value(), quick ? few_ : measured_, a, b);
}

double Measure::vectors_apart(const Model& model, std::span<const Weight> other,
                              ThreadPool& pool) const {
  Engine a(model.header.network, other, pool, nullptr, model.max_memory), b(model, pool);
  const CalibrationRows rows = calibration_rows(measured_, measured_.rows);
  const std::size_t width = a.output_size();
  std::vector<float> of_a(rows.rows * width), of_b(of_a.size());
  a.run(rows.x, of_a, rows.rows);
  b.run(rows.x, of_b, rows.rows);
  double sum = 0;
  for (std::size_t row = 0; row < rows.rows; ++row) {
    double aa = 0, bb = 0, ab = 0;
    for (std::size_t i = row * width; i < (row + 1) * width; ++i) {
      aa += static_cast<double>(of_a[i]) * of_a[i];
      bb += static_cast<double>(of_b[i]) * of_b[i];
      ab += static_cast<double>(of_a[i]) * of_b[i];
    }
    sum += 1 - ab / std::max(std::sqrt(aa * bb), 1e-30);
  }
  return sum / static_cast<double>(rows.rows);
}

}  // namespace mx::pack
