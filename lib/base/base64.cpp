// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include <sodium.h>

#include "base/error.h"

namespace mx {
namespace {

int variant(Padding padding) {
  return padding == Padding::yes ? sodium_base64_VARIANT_ORIGINAL
                                 : sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
}

}  // namespace

std::string to_base64(ByteView bytes, Padding padding) {
  std::string out(sodium_base64_encoded_len(bytes.size(), variant(padding)), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes.data(), bytes.size(), variant(padding));
  out.pop_back();  // its zero
  return out;
}

std::optional<Bytes> read_base64(std::string_view text, Padding padding) {
  Bytes out(text.size());
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size, &end,
                        variant(padding)) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  out.resize(size);
  return out;
}

Bytes from_base64(std::string_view text, std::string_view where) {
  std::optional<Bytes> out = read_base64(text);
  if (!out) fail(Kind::input, "{}: a text that should be base64 is not", where);
  return std::move(*out);
}

}  // namespace mx
