// SPDX-License-Identifier: Apache-2.0
// Lossless codecs for blocks of tensor bytes, as pure functions. Bit-exact for every payload (NaN
// payloads, -0.0, denormals). The chunk's codec is self-contained: decoding needs the codec, the
// dtype, the element count and the encoded bytes, nothing else. Encoded bytes are hostile: decode
// throws Kind::input on anything but a full decoding of the right size, and needs no more memory
// than its output and a megabyte. Byte layouts: lib/file/FORMAT.md, "Codecs".
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "tensor/tensor.h"

namespace mx {

// The values are written to files and never change.
enum class Codec : std::uint8_t {
  store = 0,   // raw bytes
  planes = 1,  // exponents apart from sign and mantissa, each plane entropy-coded or raw
  sparse = 2,  // bitmap of nonzeros, then the nonzeros by the best of the other codecs
  shared = 3,  // at most 256 different values: a table and indices
  zstd = 4,    // the bytes as one zstd frame
  coded = 5,   // small integers and masks by adaptive binary arithmetic coding with contexts
  delta = 6,   // differences to a base, by the best of the other codecs (format version 2)
};
[[nodiscard]] std::string_view name_of(Codec codec);
[[nodiscard]] Codec codec_from(std::uint8_t code);  // throws Kind::input

// The values are the words of mx-pack --effort.
enum class Effort { fast, normal, max };

struct ChunkHint {
  std::size_t row = 0;    // elements per row of the tensor, context for coded and sparse; 0: none
  std::size_t start = 0;  // number of the first element within the tensor
  std::size_t whole = 0;  // bytes of the whole tensor, for choices when encoding; 0: these alone
  std::size_t model = 0;  // bytes of all tensors of the file, likewise
  ByteView base = {};     // the base's bytes in the same place, for delta
};

// Whether a tensor of that many bytes may take the slow coder (Codec::coded). In a large model
// small tensors of floats would take longer to decode than all the others, and save nothing.
[[nodiscard]] bool may_code(Effort effort, std::size_t element_size, std::size_t bytes,
                            std::size_t model);

// Encodes elements (raw bytes, a multiple of the element size) with `codec`.
[[nodiscard]] Bytes encode(Codec codec, DType dtype, ByteView raw, ChunkHint hint, Effort effort);
// Fills `raw` exactly.
void decode(Codec codec, DType dtype, ByteView encoded, ChunkHint hint,
            std::span<std::uint8_t> raw);
// Codec shared can hold `raw`: at most 256 different values.
[[nodiscard]] bool can_share(DType dtype, ByteView raw);
// The codec whose encoding of a sample (whole, when small) is smallest; store when nothing helps.
// It may still come out longer than `raw`.
[[nodiscard]] Codec choose_codec(DType dtype, ByteView raw, ChunkHint hint, Effort effort);

}  // namespace mx
