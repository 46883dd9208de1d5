// SPDX-License-Identifier: Apache-2.0
#include "pack/soundness.h"

#include "base/words.h"
#include "data/language.h"
#include "data/output_cache.h"
#include "data/schema.h"
#include "pack/describe.h"

namespace mx::pack {

void check_schema(const Model& model) {
  if (model.header.schema.is_null()) return;
  const Schema schema = schema_from_json(model.header.schema);
  if (model.header.network.empty()) return;
  const std::size_t in = element_count(shapes(model.header.network).front());
  const std::size_t out = element_count(output_shape(model.header.network));
  if (!fits(schema, model.header.network)) {
    fail(Kind::input, "the schema has {} inputs and {} outputs, but the network {} and {}",
         schema.inputs(), schema.outputs(), in, out);
  }
}

void check_tokenizer(const Model& model) {
  if (!tokenizer_json(model.header).is_null()) (void)tokenizer_of(model.header);
}

void check_pieces(Model&& model, const std::string& path) {
  if (model.header.kind == FileKind::cache) check_cache(std::move(model), input_name(path));
}

}  // namespace mx::pack
