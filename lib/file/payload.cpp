// SPDX-License-Identifier: Apache-2.0
#include "file/payload.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

#include "base/error.h"

namespace mx {
namespace {

ChunkHint hint_of(const TensorPart& part, std::size_t begin, ByteView base, std::size_t model = 0) {
  return {.row = part.row,
          .start = begin / size_of(part.dtype),
          .whole = part.bytes,
          .model = model,
          .base = base};
}

// The base's bytes of a part, and those that stand where a chunk does; none without a base.
ByteView base_of(const Weight* base, std::size_t part) {
  return base == nullptr ? ByteView() : part_bytes(*base, part);
}
ByteView base_of(const Weight* base, const Chunk& chunk) {
  const ByteView all = base_of(base, chunk.part);
  return all.empty() ? all : all.subspan(chunk.begin, chunk.bytes);
}

// Returns its codec.
Codec write_part(ByteWriter& out, const TensorPart& part, ByteView raw, const ChunkHint& hint,
                 Effort effort) {
  Codec codec = choose_codec(part.dtype, raw, hint, effort);
  Bytes payload;
  if (codec != Codec::store) payload = encode(codec, part.dtype, raw, hint, effort);
  if (payload.size() >= raw.size()) codec = Codec::store;
  out.u8(static_cast<std::uint8_t>(codec));
  if (codec == Codec::store) {
    out.put(raw);
  } else {
    out.sized(payload);
  }
  return codec;
}

}  // namespace

std::vector<Chunk> chunks_of(const std::vector<TensorPart>& parts) {
  std::vector<Chunk> chunks;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    for (std::size_t begin = 0; begin < parts[p].bytes; begin += kChunkBytes) {
      Chunk& chunk = chunks.emplace_back();
      chunk.part = p;
      chunk.begin = begin;
      chunk.bytes = std::min(kChunkBytes, parts[p].bytes - begin);
    }
  }
  return chunks;
}

Xxh128 chunk_sum(const Chunk& chunk, std::size_t number, ByteView payload) {
  return xxh128(payload, static_cast<std::uint64_t>(chunk.codec) + 256 * number);
}

void check_weight(const Weight& weight, const TensorEntry& entry) {
  TensorEntry expected = entry;
  expected.same.reset();
  if (entry_of(weight) != expected) {
    fail(Kind::failed, "{} was to be written, {} came", tensor_label(entry.name),
         tensor_label(weight.name));
  }
  if (weight.scheme == Scheme::plain) return;
  const TensorPart part = parts_of(entry).at(1);
  if (weight.scales.dtype != part.dtype || weight.scales.shape != part.shape) {
    fail(Kind::failed, "{} has scales that do not fit", tensor_label(entry.name));
  }
  const Tensor scales = to_f32(weight.scales);
  for (const float scale : scales.as<float>()) {
    if (!std::isfinite(scale)) {
      fail(Kind::input, "{} has a scale that is not finite", tensor_label(entry.name));
    }
  }
}

Weight empty_weight(const TensorEntry& entry) {
  Weight weight{entry.name, Tensor(entry.dtype, entry.shape), entry.scheme, {}, entry.group};
  const std::vector<TensorPart> parts = parts_of(entry);
  if (parts.size() > 1) weight.scales = Tensor(parts[1].dtype, parts[1].shape);
  return weight;
}

std::span<std::uint8_t> part_bytes(Weight& weight, std::size_t part) {
  return (part == 0 ? weight.values : weight.scales).data.bytes();
}
ByteView part_bytes(const Weight& weight, std::size_t part) {
  return (part == 0 ? weight.values : weight.scales).data.bytes();
}

Codec write_parts(ByteWriter& out, const Weight& weight, const TensorEntry& entry,
                  const Weight* base, Effort effort, std::size_t model) {
  const std::vector<TensorPart> parts = parts_of(entry);
  Codec first = Codec::store;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const ChunkHint hint = hint_of(parts[p], 0, base_of(base, p), model);
    const Codec codec = write_part(out, parts[p], part_bytes(weight, p), hint, effort);
    if (p == 0) first = codec;
  }
  return first;
}

EncodedPart take_part(ByteReader& in, const TensorPart& part) {
  const Codec codec = codec_from(in.u8());
  return {codec, codec == Codec::store ? in.take(part.bytes) : in.sized(part.bytes)};
}

void decode_part(const EncodedPart& encoded, const TensorPart& part, ByteView base,
                 std::span<std::uint8_t> raw) {
  decode(encoded.codec, part.dtype, encoded.payload, hint_of(part, 0, base), raw);
}

EncodedTensor encode_tensor(const Weight& weight, const TensorEntry& entry, const Weight* base,
                            ThreadPool& pool, Effort effort, bool stored, std::size_t model,
                            Weight* spent) {
  const std::vector<TensorPart> parts = parts_of(entry);
  std::vector<Codec> codecs(parts.size(), Codec::store);
  for (std::size_t p = 0; p < parts.size() && !stored; ++p) {
    codecs[p] = choose_codec(parts[p].dtype, part_bytes(weight, p),
                             hint_of(parts[p], 0, base_of(base, p), model), effort);
  }
  EncodedTensor out;
  out.chunks = chunks_of(parts);
  out.payloads.resize(out.chunks.size());
  if (spent == nullptr) out.kept.resize(out.chunks.size());
  std::atomic<std::uint64_t> nonzero = 0;
  pool.run(out.chunks.size(), [&](std::size_t i) {
    Chunk& chunk = out.chunks[i];
    const TensorPart& part = parts[chunk.part];
    const ByteView raw = part_bytes(weight, chunk.part).subspan(chunk.begin, chunk.bytes);
    const ChunkHint hint = hint_of(part, chunk.begin, base_of(base, chunk), model);
    chunk.codec = codecs[chunk.part];
    if (effort == Effort::max && !stored) chunk.codec = choose_codec(part.dtype, raw, hint, effort);
    if (chunk.codec == Codec::shared && !can_share(part.dtype, raw)) chunk.codec = Codec::planes;
    if (chunk.part == 0) nonzero += count_nonzero(part.dtype, raw);
    out.payloads[i] = raw;
    if (chunk.codec != Codec::store) {
      Bytes payload = encode(chunk.codec, part.dtype, raw, hint, effort);
      if (payload.size() >= raw.size()) {
        chunk.codec = Codec::store;
      } else if (spent != nullptr) {
        std::ranges::copy(payload, part_bytes(*spent, chunk.part).subspan(chunk.begin).begin());
        out.payloads[i] = raw.first(payload.size());
      } else {
        out.kept[i] = std::move(payload);
        out.payloads[i] = out.kept[i];
      }
    }
    chunk.encoded = out.payloads[i].size();
    chunk.sum = chunk_sum(chunk, i, out.payloads[i]);
  });
  out.nonzero = nonzero;
  return out;
}

std::uint64_t packed_bytes(const Weight& weight, ThreadPool& pool, Effort effort,
                           std::size_t model) {
  const TensorEntry entry = entry_of(weight);
  if (decoded_bytes(entry) <= kGroupBytes) {
    ByteWriter out;
    (void)write_parts(out, weight, entry, nullptr, effort, model);
    return out.bytes().size();
  }
  std::uint64_t sum = 0;
  for (const Chunk& chunk :
       encode_tensor(weight, entry, nullptr, pool, effort, false, model).chunks) {
    sum += chunk.encoded + sizeof(chunk.sum) + 4;
  }
  return sum;
}

void check_chunk(const Chunk& chunk, std::size_t number, ByteView payload) {
  if (chunk_sum(chunk, number, payload) != chunk.sum) {
    fail(Kind::input, "the checksum of chunk {} does not match", number);
  }
}

void decode_chunk(const Chunk& chunk, std::size_t number, ByteView payload, const TensorPart& part,
                  const Weight* base, Weight& weight) {
  check_chunk(chunk, number, payload);
  const std::span<std::uint8_t> raw =
      part_bytes(weight, chunk.part).subspan(chunk.begin, chunk.bytes);
  decode(chunk.codec, part.dtype, payload, hint_of(part, chunk.begin, base_of(base, chunk)), raw);
}

Codec shown_codec(const std::vector<Chunk>& chunks) {
  for (const Chunk& chunk : chunks) {
    if (chunk.part == 0 && chunk.codec != Codec::store) return chunk.codec;
  }
  return Codec::store;
}

}  // namespace mx
