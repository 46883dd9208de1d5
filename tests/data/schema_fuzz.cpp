// SPDX-License-Identifier: Apache-2.0
// Any text as a model's schema: what is accepted is sound, survives its own JSON and encodes rows.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const mx::Schema schema =
        mx::schema_from_json(mx::parse_json(mx::text({data, size}), "fuzzed"));
    if (!(mx::schema_from_json(mx::to_json(schema)) == schema)) __builtin_trap();
    if (mx::element_count(schema.input) != schema.inputs()) __builtin_trap();
    if (schema.source == mx::Schema::Source::image) return 0;
    std::vector<std::string> columns = {schema.label};
    for (const mx::Column& column : schema.features) columns.push_back(column.name);
    for (const mx::Column& column : schema.targets) columns.push_back(column.name);
    const mx::RowEncoder encoder(schema, columns);
    const std::vector<std::string_view> cells(columns.size(), "1");
    std::vector<float> x(schema.inputs());
    encoder.encode(cells, x);
  } catch (const mx::Error& error) {
    if (error.kind() != mx::Kind::input) throw;
  }
  return 0;
}
