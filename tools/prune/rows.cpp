// SPDX-License-Identifier: Apache-2.0
#include "prune/rows.h"

#include "data/language.h"
#include "engine/engine.h"
#include "net/families.h"

namespace mx::prune {
namespace {

void check_fit(const Schema& schema, const Network& network) {
  const std::size_t in = element_count(shapes(network).front());
  const std::size_t out = element_count(output_shape(network));
  if (fits(schema, network)) return;
  fail(Kind::input, "the rows have {} inputs and {} outputs, but the network {} and {}",
       schema.inputs(), schema.outputs(), in, out);
}

// Vectors of texts, of which nothing says whether they are right: there is no loss.
void check_unscored(const Options& options) {
  const auto refuse = [](std::string_view what, const char* hint) {
    throw Error{Kind::usage,
                fmt::format("the model makes vectors of texts, which nothing scores: there is no "
                            "loss for {}",
                            what),
                hint};
  };
  if (!options.data.data.empty()) {
    refuse("--data",
           "give texts to look at as --calibrate; a classifier made of it by mx-train "
           "--init MODEL --data ROWS --label COLUMN has a loss");
  }
  if (options.prune.criterion == Criterion::likelihood) {
    refuse("--criterion likelihood", "take gradient, wanda or sparsegpt");
  }
  if (options.prune.scope == Scope::sensitivity) {
    refuse("--scope sensitivity", "take --scope layer or outliers");
  }
}

}  // namespace

void Rows::load(const Options& options, Model& model, std::uint64_t seed, ThreadPool& pool,
                Log& log) {
  if (!model.header.schema.is_null()) schema_ = schema_from_json(model.header.schema);
  const bool unscored = !schema_ && ends_pooled(model.header.network);
  if (unscored) check_unscored(options);
  if (!options.data.data.empty()) {
    data_ = load_training_data(options.data, model.header, seed, pool, log);
    if (!schema_) model.header.schema = to_json(data_->schema);
    schema_ = data_->schema;
  }
  if (!options.calibrate.empty()) {
    if (!schema_ && !unscored) {
      throw Error{Kind::usage, "the model has no schema, so --calibrate cannot read rows for it",
                  "give the rows as --data instead: the schema is learned from them"};
    }
    DataOptions rows = options.data;
    rows.data = options.calibrate;
    rows.fold.clear();
    calibrate_ = load_evaluation_data(rows, model.header, pool, log);
    for (DataUsed& used : calibrate_->used) used.role = "calibrate";
  }
  if (schema_) check_fit(*schema_, model.header.network);
  if (options.prune.criterion == Criterion::likelihood && schema_->task == Task::regress) {
    throw Error{Kind::usage, "the criterion likelihood needs classes or text",
                "take --criterion gradient"};
  }
}

const Dataset* Rows::calibration() const {
  if (calibrate_) return &calibrate_->test;
  return data_ ? &data_->train : nullptr;
}

const Dataset* Rows::measured() const {
  if (!data_) return nullptr;
  return data_->valid.rows > 0 ? &data_->valid : &data_->train;
}

std::string_view Rows::measured_name() const {
  return data_ && measured() == &data_->valid ? "valid" : "train";
}

std::optional<Evaluation> Rows::evaluation(const Subject& subject, ThreadPool& pool) const {
  if (!data_) return {};
  Engine engine(subject.network, subject.weights, pool);
  return evaluate(*schema_, *measured(), engine);
}

std::optional<double> Rows::loss(const Subject& subject, ThreadPool& pool) const {
  const std::optional<Evaluation> found = evaluation(subject, pool);
  return found ? std::optional(found->loss) : std::nullopt;
}

std::vector<DataUsed> Rows::used() const {
  std::vector<DataUsed> used;
  if (data_) used = data_->used;
  if (calibrate_) used.insert(used.end(), calibrate_->used.begin(), calibrate_->used.end());
  return used;
}

}  // namespace mx::prune
