// SPDX-License-Identifier: Apache-2.0
// Weights as bytes: coded, cut into chunks, checksummed. FORMAT.md, "Weights".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/threads.h"
#include "file/digest.h"
#include "file/head.h"
#include "file/layout.h"
#include "file/model.h"
#include "tensor/codec.h"

namespace mx {

struct Chunk {  // a piece of a part that is coded by itself
  Codec codec = Codec::store;
  std::size_t part = 0, begin = 0, bytes = 0;  // where it belongs, decoded
  std::uint64_t encoded = 0;                   // payload bytes
  Xxh128 sum = {};
};
// The chunks of a tensor, values first; codec, encoded and sum are for others to fill in.
[[nodiscard]] std::vector<Chunk> chunks_of(const std::vector<TensorPart>& parts);
// XXH3 of the payload of chunk `number`.
[[nodiscard]] Xxh128 chunk_sum(const Chunk& chunk, std::size_t number, ByteView payload);

// Throws Kind::failed unless the weight is the entry's, Kind::input when a scale is not finite.
void check_weight(const Weight& weight, const TensorEntry& entry);
// A weight of that type and shape whose numbers are not set.
[[nodiscard]] Weight empty_weight(const TensorEntry& entry);
[[nodiscard]] std::span<std::uint8_t> part_bytes(Weight& weight, std::size_t part);
[[nodiscard]] ByteView part_bytes(const Weight& weight, std::size_t part);

// The parts of a tensor whole, as groups hold them: codec, length, payload each. `model`: bytes of
// all tensors. base: the same tensor of another model, or null. Returns the codec of the values.
Codec write_parts(ByteWriter& out, const Weight& weight, const TensorEntry& entry,
                  const Weight* base, Effort effort, std::size_t model);
struct EncodedPart {
  Codec codec = Codec::store;
  ByteView payload;
};
[[nodiscard]] EncodedPart take_part(ByteReader& in, const TensorPart& part);
void decode_part(const EncodedPart& encoded, const TensorPart& part, ByteView base,
                 std::span<std::uint8_t> raw);

// A tensor by itself: its chunks, coded in parallel. `payloads[i]` belongs to `chunks[i]`.
struct EncodedTensor {
  std::vector<Chunk> chunks;
  std::vector<ByteView> payloads;  // in `kept` or in the weight
  std::vector<Bytes> kept;
  std::uint64_t nonzero = 0;  // of the values
};
// stored: no other codec is tried. base: as of write_parts(). spent: null, or the same weight,
// whose numbers payloads may take the place of, for no more memory.
[[nodiscard]] EncodedTensor encode_tensor(const Weight& weight, const TensorEntry& entry,
                                          const Weight* base, ThreadPool& pool, Effort effort,
                                          bool stored, std::size_t model, Weight* spent = nullptr);
// Bytes that the weight takes in a file, its neighbours and the index apart.
[[nodiscard]] std::uint64_t packed_bytes(const Weight& weight, ThreadPool& pool, Effort effort,
                                         std::size_t model);
// Throws Kind::input unless the payload has the sum that is stated.
void check_chunk(const Chunk& chunk, std::size_t number, ByteView payload);
// Checks it, then decodes it into its place in `weight`. base: as of write_parts().
void decode_chunk(const Chunk& chunk, std::size_t number, ByteView payload, const TensorPart& part,
                  const Weight* base, Weight& weight);
// The codec that is shown for a tensor: of the values' first chunk that is not stored.
[[nodiscard]] Codec shown_codec(const std::vector<Chunk>& chunks);

}  // namespace mx
