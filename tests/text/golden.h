// SPDX-License-Identifier: Apache-2.0
// What other programs made of the texts in golden.json (make_golden.py).
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"

namespace mx::test {

inline std::string text_file(const std::string& name) {
  std::ostringstream out;
  out << std::ifstream(std::string(MX_TEST_DATA) + "/../text/" + name, std::ios::binary).rdbuf();
  return out.str();
}

inline const Json& golden() {
  static const Json json = Json::parse(text_file("golden.json"));
  return json;
}

inline std::vector<std::string> golden_texts() {
  return golden()["texts"].get<std::vector<std::string>>();
}

}  // namespace mx::test
