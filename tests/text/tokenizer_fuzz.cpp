// SPDX-License-Identifier: Apache-2.0
// Any bytes as a tokenizer: refused, or one that encodes and decodes any bytes and is the same when
// it was written and read again.
#include <cstdint>
#include <stdexcept>

#include "base/error.h"
#include "text/tokenizer_file.h"

namespace {

void use(const mx::Tokenizer& tokenizer, std::string_view text) {
  try {
    const std::vector<mx::TokenId> ids = mx::encode(tokenizer, text);
    const std::string decoded = tokenizer.decode(ids);
    if (tokenizer.exact() && decoded != text) throw std::logic_error("the text came back changed");
  } catch (const mx::Error& error) {  // an unknown character
    if (error.kind() != mx::Kind::input) throw;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto tokenizer = mx::tokenizer_from_text(text, "fuzzed.json");
    const auto again = mx::tokenizer_from_json(tokenizer->to_json(), "its copy");
    if (again->to_json() != tokenizer->to_json()) throw std::logic_error("its copy is another one");
    use(*tokenizer, "a text, of course");
    use(*again, text);
  } catch (const mx::Error& error) {
    if (error.kind() != mx::Kind::input) throw;
  }
  return 0;
}
