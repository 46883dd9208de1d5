// SPDX-License-Identifier: Apache-2.0
// Any JSON as a block list and as an input schema: accepted and written again alike, or refused.
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "data/schema.h"
#include "net/network.h"

namespace {

template <class Check>
void attempt(Check check) {
  try {
    check();
  } catch (const mx::Error& error) {
    if (error.kind() != mx::Kind::input) throw;
  }
}

// A row of ones for whatever columns it wants.
void encode(const mx::Schema& schema) {
  std::vector<std::string> columns = {schema.label};
  for (const mx::Column& column : schema.features) columns.push_back(column.name);
  for (const mx::Column& column : schema.targets) columns.push_back(column.name);
  mx::RowEncoder encoder(schema, columns);
  const std::vector<std::string_view> cells(columns.size(), "1");
  std::vector<float> x(schema.inputs());
  encoder.encode(cells, x);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  attempt([&] {
    const mx::Json json =
        mx::parse_json({reinterpret_cast<const char*>(data), size}, "the fuzzed text");
    attempt([&] {
      const mx::Network network = mx::network_from_json(json, "the network");
      (void)mx::cost(network);
      if (mx::to_json(mx::network_from_json(mx::to_json(network), "its copy")) !=
          mx::to_json(network))
        throw std::logic_error("another network came back");
    });
    attempt([&] {
      const mx::Schema schema = mx::schema_from_json(json);
      if (mx::to_json(mx::schema_from_json(mx::to_json(schema))) != mx::to_json(schema))
        throw std::logic_error("another schema came back");
      if (mx::element_count(schema.input) != schema.inputs())
        throw std::logic_error("sizes do not agree");
      if (schema.source == mx::Schema::Source::table) encode(schema);
    });
  });
  return 0;
}
