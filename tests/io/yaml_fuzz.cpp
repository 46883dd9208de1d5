// SPDX-License-Identifier: Apache-2.0
// Any bytes as a configuration file: accepted, or refused as a usage error.
#include <cstdint>

#include "base/error.h"
#include "io/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    (void)mx::io::parse_yaml({reinterpret_cast<const char*>(data), size}, "fuzzed.yaml");
  } catch (const mx::Error& error) {
    if (error.kind() != mx::Kind::usage) throw;
  }
  return 0;
}
