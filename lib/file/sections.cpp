// SPDX-License-Identifier: Apache-2.0
#include "file/sections.h"

#include <algorithm>
#include <memory>
#include <string>

#include "base/error.h"
#include "file/digest.h"
#include "file/head.h"
#include "file/packed.h"
#include "file/sniff.h"
#include "tensor/scratch.h"

namespace mx {
namespace {

const char* label(SectionKind kind) {
  switch (kind) {
    case SectionKind::head:
      return "the head";
    case SectionKind::group:
      return "the small tensors";
    case SectionKind::tensor:
      return "a tensor";
    case SectionKind::tail:
      return "the lineage";
    case SectionKind::index:
      return "the index";
  }
  return "a section";
}

// The table in front of a tensor's payloads; lengths are bounded by what they decode to.
std::uint64_t read_lengths(Forward& in, std::vector<Chunk>& chunks) {
  std::uint64_t payload = 0;
  for (Chunk& chunk : chunks) {
    chunk.codec = codec_from(in.u8());
    check_codec(in, chunk.codec);
    chunk.encoded = chunk.codec == Codec::store ? chunk.bytes : in.varint();
    if (chunk.encoded > chunk.bytes) fail(Kind::input, "a chunk is longer than its numbers");
    in.read(chunk.sum);
    payload += chunk.encoded;
  }
  return payload;
}

// A row of the table is its codec and sum at least; then there is the pad's length.
std::uint64_t least_table_bytes(const std::vector<TensorPart>& parts) {
  std::uint64_t bytes = 1;
  for (const TensorPart& part : parts) {
    const std::uint64_t chunks = part.bytes / kChunkBytes + (part.bytes % kChunkBytes != 0 ? 1 : 0);
    bytes += chunks * (1 + sizeof(Xxh128));
  }
  return bytes;
}

void read_pad(Forward& in) {
  const std::uint8_t pad = in.u8();
  if (pad >= kAlignment) fail(Kind::input, "its pad is too long");
  for (std::uint8_t i = 0; i < pad; ++i) {
    if (in.u8() != 0) fail(Kind::input, "its pad is not empty");
  }
}

}  // namespace

void read_signature(Forward& in) {
  in.enter("its signature");
  const ByteView start = in.peek(512);
  if (start.empty()) fail(Kind::input, "{} is empty", in.name());
  const std::size_t known = std::min(start.size(), kSignature.size());
  if (!std::ranges::equal(start.first(known), std::span(kSignature).first(known))) {
    const OtherKind other = sniff(start);
    throw Error{Kind::input, fmt::format("{} is not a model file: it is {}", in.name(), other.what),
                std::string(other.hint)};
  }
  in.skip(kSignature.size());
  const std::uint64_t version = in_place(in, [&] { return in.varint(); });
  if (version > kVersion) {
    throw Error{Kind::input,
                fmt::format("{} has format version {}, this program reads up to {}", in.name(),
                            version, kVersion),
                "use a newer mx"};
  }
  if (version == 0) in.damaged("there is no version 0");
  in.rules.version = version;
}

Opening read_opening(Forward& in) {
  Opening opening;
  opening.begin = in.position();
  in.enter("a section's first bytes");
  in.begin_digest();
  const std::uint8_t kind = in.u8();
  opening.body = in_place(in, [&] { return in.varint(); });
  if (kind < 1 || kind > 5) in.damaged("there is no such section");
  opening.kind = static_cast<SectionKind>(kind);
  in.enter(label(opening.kind));
  const bool weights = opening.kind == SectionKind::group || opening.kind == SectionKind::tensor;
  if (weights && !in.digests_weights()) in.end_digest();
  return opening;
}

SectionFact close_section(Forward& in, const Opening& opening, std::size_t tensors) {
  SectionFact fact;
  fact.kind = opening.kind;
  fact.bytes = in.position() - opening.begin;
  if (fact.bytes != section_opening(opening.kind, opening.body).size() + opening.body) {
    in.damaged("its length is wrong");
  }
  fact.sha256 = in.end_digest();
  fact.tensors = tensors;
  return fact;
}

Bytes read_summed(Forward& in, const Opening& opening, std::uint64_t limit) {
  if (opening.body < sizeof(Xxh128) || opening.body > limit) in.damaged("its length is wrong");
  in.expect(opening.body);
  Xxh128 sum;
  in.read(sum);
  Bytes content = in.read(static_cast<std::size_t>(opening.body) - sum.size());
  if (xxh128(content, seed_of(in.rules.version)) != sum) in.damaged("its checksum does not match");
  return content;
}

void check_codec(const Forward& in, Codec codec) {
  if (codec != Codec::delta) return;
  if (in.rules.version < 2 || !in.rules.needs) fail(Kind::input, "it holds differences to nothing");
}

const BaseModel& needed_base(const Forward& in) {
  if (in.rules.base != nullptr) return *in.rules.base;
  throw PlacedError{Kind::input,
                    fmt::format("{} holds differences to the model {}, which is not given",
                                in.name(), to_hex(*in.rules.needs)),
                    "mx-pack FILE --base THAT-MODEL -o FULL restores it"};
}

Header read_head(Forward& in, const Opening& opening) {
  if (opening.kind != SectionKind::head) in.damaged("the head belongs there");
  const Bytes body = read_summed(in, opening, kMaxText + 64);
  return in_place(in, [&] {
    ByteReader packed(body, "the head");
    const Bytes content = unpack_text(packed, "the head");
    packed.finish();
    Header header = decode_head(content, in.rules.version);
    in.rules.needs = header.base;
    return header;
  });
}

TensorFact read_table(Forward& in, const Opening& opening, const TensorEntry& entry,
                      std::vector<Chunk>& chunks) {
  in.enter(tensor_label(entry.name));
  const std::vector<TensorPart> parts = parts_of(entry);
  if (opening.body < least_table_bytes(parts)) in.damaged("its length is wrong");
  in.expect(opening.body);
  chunks = chunks_of(parts);
  const std::uint64_t begin = in.position();
  TensorFact fact;
  in_place(in, [&] {
    const std::uint64_t payload = read_lengths(in, chunks);
    fact.bytes = in.position() - begin + payload;
    read_pad(in);
    if (in.position() - begin + payload != opening.body) fail(Kind::input, "its length is wrong");
  });
  fact.codec = shown_codec(chunks);
  return fact;
}

namespace {

// A tensor whose chunks lie somewhere in a file that can be read at any place.
struct Placed {
  const io::Input& in;
  std::string what;
  std::vector<TensorPart> parts;
  std::vector<Chunk> chunks;
  Weight* weight;  // null: the sums are checked only
  std::optional<Weight> base = {};

  void decode(std::size_t number, std::uint64_t at) const {
    const Chunk& chunk = chunks[number];
    Buffer large;
    const std::span payload =
        scratch<struct Payload>(static_cast<std::size_t>(chunk.encoded), large);
    in.read_at(at, payload);
    use(number, payload);
  }
  void use(std::size_t number, ByteView payload) const {
    const Chunk& chunk = chunks[number];
    in_place(in.name(), what, [&] {
      if (weight != nullptr) {
        decode_chunk(chunk, number, payload, parts[chunk.part], base ? &*base : nullptr, *weight);
      } else {
        check_chunk(chunk, number, payload);
      }
    });
  }
};

// Through a pipe: as many chunks at a time as keep threads busy, of at most a megabyte each.
void decode_forward(Forward& in, const Placed& tensor, ThreadPool& pool) {
  const std::size_t batch = std::clamp<std::size_t>(2 * pool.threads(), 4, 16);
  std::vector<Bytes> payloads(std::min(batch, tensor.chunks.size()));
  for (std::size_t first = 0; first < tensor.chunks.size(); first += batch) {
    const std::size_t count = std::min(batch, tensor.chunks.size() - first);
    for (std::size_t i = 0; i < count; ++i) {
      payloads[i].resize(static_cast<std::size_t>(tensor.chunks[first + i].encoded));
      in.read(payloads[i]);
    }
    pool.run(count, [&](std::size_t i) { tensor.use(first + i, payloads[i]); });
  }
}

}  // namespace

TensorFact read_tensor(Forward& in, const Opening& opening, const TensorEntry& entry,
                       ThreadPool& pool, Weight* weight, Later* later) {
  const auto tensor = std::make_shared<Placed>(Placed{in.input(), {}, parts_of(entry), {}, weight});
  const TensorFact fact = read_table(in, opening, entry, tensor->chunks);
  tensor->what = in.what();
  if (weight != nullptr) *weight = empty_weight(entry);
  const bool differs = std::ranges::count(tensor->chunks, Codec::delta, &Chunk::codec) > 0;
  if (differs && weight != nullptr) {
    tensor->base = needed_base(in).like(entry);
    later = nullptr;  // the base's numbers are not kept longer than they must
  }
  std::vector<std::uint64_t> ends;
  std::uint64_t payload = 0;
  for (const Chunk& chunk : tensor->chunks) ends.push_back(payload += chunk.encoded);
  const std::optional<std::uint64_t> begin = in.jump(payload);
  if (!begin) {
    decode_forward(in, *tensor, pool);
  } else {
    const auto place = [&](std::size_t i) { return *begin + ends[i] - tensor->chunks[i].encoded; };
    for (std::size_t i = 0; later != nullptr && i < ends.size(); ++i) {
      later->emplace_back([tensor, i, at = place(i)] { tensor->decode(i, at); });
    }
    if (later != nullptr) return fact;
    pool.run(ends.size(), [&](std::size_t i) { tensor->decode(i, place(i)); });
  }
  if (weight != nullptr) in_place(in, [&] { check_weight(*weight, entry); });
  return fact;
}

ReadIndex read_index(Forward& in, const Opening& opening, std::size_t tensors) {
  if (opening.kind != SectionKind::index) in.damaged("the index belongs there");
  if (opening.body > most_index_bytes(tensors)) in.damaged("its length is wrong");
  in.expect(opening.body);
  const Bytes body = in.read(static_cast<std::size_t>(opening.body));
  in.end_digest();
  in.enter("the end mark");
  const Bytes end_mark = in.read(kEndMarkBytes);
  ReadIndex out;
  in_place(in, [&] { check_end_mark(end_mark, body); });
  in.enter("the index");
  out.index = in_place(in, [&] { return decode_index(body, tensors); });
  out.identity = sha256(body);
  if (!in.at_end()) {
    throw Error{Kind::input, fmt::format("{} has bytes behind its end mark", in.name()),
                "copy or make it again"};
  }
  return out;
}

}  // namespace mx
