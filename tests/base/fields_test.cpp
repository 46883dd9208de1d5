// SPDX-License-Identifier: Apache-2.0
#include "base/fields.h"

#include <doctest/doctest.h>

namespace mx {
namespace {

enum class Color { red, green };

TEST_CASE("a field shows its value as it is now, and what holds nothing is not recorded") {
  Color color = Color::red;
  std::optional<double> clip;
  std::vector<std::int64_t> hidden = {128, 64};
  std::vector<std::string> data;
  bool quiet = false;
  Fields fields = {
      {"G", "color", "", choice(color, {{"red", 0}, {"green", 1}})},
      {"G", "clip", "", &clip},
      {"G", "hidden", "", &hidden},
      {"G", "data", "", &data},
  };
  append(fields, {{"G", "quiet", "", &quiet, {}, Affects::run}});
  CHECK(to_json(fields[0]) == "red");
  CHECK(to_json(fields[1]).is_null());
  CHECK(to_json(fields[4]) == false);
  CHECK(dump_json(result_options(fields)) == R"({"color":"red","hidden":[128,64]})");
  std::get<Choice>(fields[0].value).set(1);
  clip = 0.5;
  CHECK(color == Color::green);
  CHECK(dump_json(result_options(fields)) == R"({"color":"green","clip":0.5,"hidden":[128,64]})");
}

}  // namespace
}  // namespace mx
