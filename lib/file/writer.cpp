// SPDX-License-Identifier: Apache-2.0
#include "file/writer.h"

#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "file/digest.h"
#include "file/head.h"
#include "file/layout.h"
#include "file/packed.h"
#include "file/payload.h"
#include "file/tail.h"

namespace mx {
namespace {

Bytes with_sum(ByteView content) {
  ByteWriter body;
  body.put(xxh128(content, seed_of(kVersion)));
  body.put(content);
  return body.take();
}

Sha256 digest_of(const Weight& weight) {
  Sha256Stream stream;
  stream.add(weight.values.data.bytes());
  stream.add(weight.scales.data.bytes());
  return stream.finish();
}

}  // namespace

void find_repeats(std::vector<TensorEntry>& entries,
                  const std::function<std::uint64_t(std::size_t)>& glance,
                  const std::function<Sha256(std::size_t)>& digest) {
  constexpr std::size_t kLeast = 16;  // bytes that are worth an entry's reference
  using Kind = std::tuple<DType, Shape, Scheme, std::size_t>;
  std::map<Kind, std::vector<std::size_t>> kinds;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const TensorEntry& entry = entries[i];
    if (decoded_bytes(entry) < kLeast) continue;
    kinds[{entry.dtype, entry.shape, entry.scheme, entry.group}].push_back(i);
  }
  for (const auto& [kind, numbers] : kinds) {
    if (numbers.size() < 2) continue;
    std::map<std::uint64_t, std::vector<std::size_t>> alike;
    for (const std::size_t number : numbers) alike[glance(number)].push_back(number);
    for (const auto& [key, some] : alike) {
      if (some.size() < 2) continue;
      std::map<Sha256, std::size_t> seen;
      for (const std::size_t number : some) {
        const auto [first, fresh] = seen.emplace(digest(number), number);
        if (!fresh) entries[number].same = first->second;
      }
    }
  }
}

struct ModelWriter::State {
  io::Output& out;
  Header header;
  ThreadPool& pool;
  WriteOptions options;
  std::size_t model = 0;  // bytes of all tensors
  Index index = {};
  std::uint64_t position = 0;                      // bytes written
  std::size_t next = 0;                            // of the directory
  ByteWriter group = {};                           // parts of small tensors not yet written
  std::size_t group_tensors = 0, group_bytes = 0;  // how many, decoded
  std::map<std::size_t, Sha256> repeated = {};     // of each tensor that comes again

  void write(ByteView bytes) {
    out.write(bytes);
    position += bytes.size();
  }

  // Writes a section whose body is `pieces` one after the other.
  void section(SectionKind kind, std::size_t tensors, const std::vector<ByteView>& pieces) {
    SectionFact fact;
    fact.kind = kind;
    fact.tensors = tensors;
    std::uint64_t body = 0;
    for (const ByteView piece : pieces) body += piece.size();
    const Bytes opening = section_opening(kind, body);
    constexpr std::size_t kSideBySide = 1 << 20;
    ThreadPool alone(1);
    (body < kSideBySide ? alone : pool).run(2, [&](std::size_t digested) {
      if (digested == 1) {
        Sha256Stream digest;
        digest.add(opening);
        for (const ByteView piece : pieces) digest.add(piece);
        fact.sha256 = digest.finish();
      } else {
        write(opening);
        for (const ByteView piece : pieces) write(piece);
      }
    });
    fact.bytes = opening.size() + body;
    index.sections.push_back(fact);
  }

  void flush_group() {
    if (group_tensors == 0) return;
    ByteWriter content;
    content.varint(group_tensors);
    content.put(group.bytes());
    section(SectionKind::group, group_tensors, {with_sum(content.bytes())});
    group = {};
    group_tensors = group_bytes = 0;
  }

  // The base's tensor that this one may differ from.
  [[nodiscard]] std::optional<Weight> base_of(const TensorEntry& entry) const {
    return options.base == nullptr ? std::nullopt : options.base->like(entry);
  }

  void add_to_group(const Weight& weight, const TensorEntry& entry) {
    const std::optional<Weight> base = base_of(entry);
    const std::size_t before = group.bytes().size();
    const Codec codec =
        write_parts(group, weight, entry, base ? &*base : nullptr, options.effort, model);
    group_bytes += decoded_bytes(entry);
    ++group_tensors;
    index.tensors.push_back({codec, group.bytes().size() - before, count_nonzero(weight.values)});
  }

  void add_alone(const Weight& weight, const TensorEntry& entry, Weight* spent) {
    const std::optional<Weight> base = base_of(entry);
    const EncodedTensor encoded = encode_tensor(weight, entry, base ? &*base : nullptr, pool,
                                                options.effort, options.stored, model, spent);
    ByteWriter table;
    std::uint64_t payload = 0;
    bool stored = true;
    for (const Chunk& chunk : encoded.chunks) {
      table.u8(static_cast<std::uint8_t>(chunk.codec));
      if (chunk.codec != Codec::store) table.varint(chunk.encoded);
      table.put(chunk.sum);
      payload += chunk.encoded;
      stored = stored && chunk.codec == Codec::store;
    }
    const std::uint64_t fact_bytes = table.bytes().size() + payload;
    std::size_t pad = 0;
    if (stored) {
      // A longer pad may lengthen the opening too, so each is tried; rarely none fits, which is
      // allowed.
      for (pad = 0; pad < kAlignment; ++pad) {
        const std::uint64_t body = table.bytes().size() + 1 + pad + payload;
        const std::size_t opening = section_opening(SectionKind::tensor, body).size();
        if ((position + opening + body - payload) % kAlignment == 0) break;
      }
      pad %= kAlignment;
    }
    table.u8(static_cast<std::uint8_t>(pad));
    for (std::size_t i = 0; i < pad; ++i) table.u8(0);
    std::vector<ByteView> pieces = {table.bytes()};
    pieces.insert(pieces.end(), encoded.payloads.begin(), encoded.payloads.end());
    section(SectionKind::tensor, 1, pieces);
    index.tensors.push_back({shown_codec(encoded.chunks), fact_bytes, encoded.nonzero});
  }
};

ModelWriter::ModelWriter(io::Output& out, const Header& header, ThreadPool& pool,
                         const WriteOptions& options)
    : state_(new State{out, header, pool, options}) {
  if (options.base != nullptr) state_->header.base = options.base->identity();
  check_header(header);
  for (const TensorEntry& entry : header.tensors) {
    if (entry.same) {
      state_->repeated[*entry.same];
    } else {
      state_->model += decoded_bytes(entry);
    }
  }
  const Bytes content = encode_head(state_->header);
  if (content.size() > kMaxText) fail(Kind::input, "the head is over 16 MiB");
  ByteWriter opening;
  opening.put(kSignature);
  opening.varint(kVersion);
  state_->write(opening.bytes());
  state_->section(SectionKind::head, 0, {with_sum(pack_text(content))});
}

ModelWriter::~ModelWriter() = default;

void ModelWriter::add(const Weight& weight, Weight* spent) {
  State& state = *state_;
  if (state.next == state.header.tensors.size()) {
    fail(Kind::failed, "{} is one too many", tensor_label(weight.name));
  }
  const std::size_t number = state.next++;
  const TensorEntry& entry = state.header.tensors[number];
  check_weight(weight, entry);
  if (entry.same) {
    if (digest_of(weight) != state.repeated.at(*entry.same)) {
      fail(Kind::failed, "{} is not what it was to repeat", tensor_label(entry.name));
    }
    return;
  }
  if (state.repeated.contains(number)) state.repeated[number] = digest_of(weight);
  const std::size_t bytes = decoded_bytes(entry);
  if (state.group_bytes + bytes > kGroupBytes) state.flush_group();
  if (bytes <= kGroupBytes) {
    state.add_to_group(weight, entry);
  } else {
    state.add_alone(weight, entry, spent);
  }
}

Sha256 ModelWriter::finish(const Lineage& lineage, const std::vector<Probe>& probes) {
  State& state = *state_;
  if (state.next != state.header.tensors.size()) {
    fail(Kind::failed, "{} was not written", tensor_label(state.header.tensors[state.next].name));
  }
  state.flush_group();
  if (!lineage.records.empty() || !probes.empty()) {
    state.section(SectionKind::tail, 0, {with_sum(encode_tail(state.header, lineage, probes))});
  }
  const Bytes index = encode_index(state.index);
  state.write(section_opening(SectionKind::index, index.size()));
  state.write(index);
  state.write(encode_end_mark(index));
  state.out.commit();
  return sha256(index);
}

void write_model(io::Output& out, Model& model, ThreadPool& pool, const WriteOptions& options) {
  model.header.tensors.clear();
  for (const Weight& weight : model.weights) {
    model.header.tensors.push_back(entry_of(weight));
  }
  if (!options.stored) {
    find_repeats(
        model.header.tensors,
        [&](std::size_t i) { return glance_at(model.weights[i].values.data.bytes()); },
        [&](std::size_t i) { return digest_of(model.weights[i]); });
  }
  ModelWriter writer(out, model.header, pool, options);
  for (const Weight& weight : model.weights) writer.add(weight);
  model.identity = writer.finish(model.lineage, model.probes);
}

std::uint64_t write_model(const std::string& path, io::Existing existing, Model& model,
                          ThreadPool& pool, const WriteOptions& options) {
  const std::unique_ptr<io::Output> out = io::open_output(path, existing);
  write_model(*out, model, pool, options);
  return out->written();
}

}  // namespace mx
