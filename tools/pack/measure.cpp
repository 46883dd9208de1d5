// SPDX-License-Identifier: Apache-2.0
#include "pack/measure.h"

#include "data/language.h"
#include "engine/engine.h"

namespace mx::pack {

Fields Measure::fields() {
  Fields fields = options_.fields(false);
  for (Field& field : fields) {
    field.affects = Affects::run;  // the rows are named in the lineage by their digest
    if (field.name != "data") continue;
    field.name = "calibrate";
    field.help = "Measure the loss before and after on these rows";
  }
  return fields;
}

void Measure::load(const Model& model, ThreadPool& pool, Log& log) {
  if (model.header.schema.is_null()) {
    throw Error{Kind::usage, "the model has no schema, so --calibrate cannot read rows for it",
                "leave --calibrate out; the probes are measured all the same"};
  }
  loaded_ = load_evaluation_data(options_, model.header, pool, log);
  for (DataUsed& used : loaded_.used) used.role = "calibrate";
}

Evaluation Measure::run(const Model& model, ThreadPool& pool) const {
  Engine engine(model.header.network, model.weights, pool);
  return evaluate(loaded_.schema, loaded_.test, engine);
}

}  // namespace mx::pack
