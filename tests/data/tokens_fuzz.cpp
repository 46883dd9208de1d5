// SPDX-License-Identifier: Apache-2.0
// Any bytes as a data file: refused, or every token and document of it can be read or is refused.
#include <cstdint>

#include "base/error.h"
#include "data/tokens.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const mx::TokenData tokens(mx::MappedContainer(mx::Bytes(data, data + size), "fuzzed.mx"));
    for (const mx::Part part : {mx::Part::train, mx::Part::valid, mx::Part::test}) {
      std::vector<mx::TokenId> ids(1);
      for (std::uint64_t at = 0; at < tokens.tokens(part); ++at) {
        tokens.read(part, at, ids);
        (void)tokens.document_at(part, at);
      }
      for (std::uint64_t i = 0; i < tokens.documents(part); ++i) (void)tokens.document(part, i);
    }
  } catch (const mx::Error& error) {
    if (error.kind() != mx::Kind::input) throw;
  }
  return 0;
}
