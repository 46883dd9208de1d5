// SPDX-License-Identifier: Apache-2.0
#include "file/packed.h"

#include "base/error.h"
#include "file/layout.h"
#include "tensor/zstd_frame.h"

namespace mx {
namespace {

enum Method : std::uint8_t { kRaw = 0, kFrame = 1 };

}  // namespace

Bytes pack_text(ByteView text) {
  const Bytes frame = zstd_encode(text, 19, text_dictionary());
  const bool smaller = frame.size() < text.size();
  ByteWriter out;
  out.u8(smaller ? kFrame : kRaw);
  out.varint(text.size());
  out.sized(smaller ? ByteView(frame) : text);
  return out.take();
}

Bytes unpack_text(ByteReader& in, std::string_view what) {
  const std::uint8_t method = in.u8();
  const std::uint64_t size = in.varint();
  if (size > kMaxText) fail(Kind::input, "{} is over 16 MiB", what);
  const ByteView encoded = in.sized(kMaxText);
  if (method == kRaw) {
    if (encoded.size() != size) fail(Kind::input, "{} is not as long as it says", what);
    return {encoded.begin(), encoded.end()};
  }
  if (method != kFrame) fail(Kind::input, "{} is packed in an unknown way", what);
  Bytes out(static_cast<std::size_t>(size));
  zstd_decode(encoded, out, text_dictionary());
  return out;
}

}  // namespace mx
