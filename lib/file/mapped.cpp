// SPDX-License-Identifier: Apache-2.0
#include "file/mapped.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "base/checked.h"
#include "base/error.h"
#include "file/head.h"
#include "file/memory.h"
#include "file/weight_reader.h"
#include "io/mapped_file.h"

namespace mx {
namespace {

// A tensor in its place, or a small one decoded.
struct Placed {
  bool decoded = false;
  Weight weight;
  ByteView payload;
  std::vector<Chunk> chunks;
  std::unique_ptr<std::atomic<bool>[]> checked;  // per chunk
};

}  // namespace

struct MappedContainer::State {
  std::string name;
  std::optional<io::MappedFile> file;
  Bytes kept;
  Overview overview;
  std::vector<Placed> tensors;

  void open(ByteView all, std::uint64_t max_memory) {
    const std::unique_ptr<io::Input> in = io::memory_input(all, name);
    overview = read_overview(*in, {.max_memory = max_memory});
    const auto is_mapped = [&](const StoredTensor& stored) {
      return overview.sections[stored.section].fact.kind == SectionKind::tensor;
    };
    std::uint64_t small = 0;
    for (const StoredTensor& stored : overview.tensors) {
      if (!is_mapped(stored)) small = checked_add(small, decoded_bytes(stored.entry), name);
    }
    check_memory(name, small, max_memory);
    ThreadPool alone(1);
    WeightReader reader(*in, overview, alone, max_memory);
    for (const StoredTensor& stored : overview.tensors) {
      Placed& placed = tensors.emplace_back();
      if (is_mapped(stored)) {
        map(placed, stored, all);
      } else {
        placed.decoded = true;
        placed.weight = reader.read(tensors.size() - 1);
        placed.payload = placed.weight.values.data.bytes();
      }
    }
  }

  void map(Placed& placed, const StoredTensor& stored, ByteView all) const {
    const StoredSection& place = overview.sections[stored.section];
    const ByteView section = all.subspan(place.begin, place.fact.bytes);
    const std::unique_ptr<io::Input> in = io::memory_input(section, name);
    Forward forward(*in, false);
    forward.rules = {overview.version, overview.header.base, nullptr};
    const Opening opening = open_section(forward, place);
    (void)read_table(forward, opening, stored.entry, placed.chunks);
    const bool plain = std::ranges::all_of(
        placed.chunks, [](const Chunk& chunk) { return chunk.codec == Codec::store; });
    if (!plain || stored.entry.scheme != Scheme::plain) {
      throw Error{Kind::input,
                  fmt::format("{}: {} is compressed and cannot be used where it lies", name,
                              tensor_label(stored.entry.name)),
                  "make the file again with mx-train prepare"};
    }
    // As long as its numbers, since the table of stored chunks fits the section.
    placed.payload = section.subspan(forward.position());
    placed.checked = std::make_unique<std::atomic<bool>[]>(placed.chunks.size());
  }

  void check(const Placed& tensor, std::size_t number, std::size_t at) const {
    if (tensor.checked[at].load(std::memory_order_relaxed)) return;
    const Chunk& chunk = tensor.chunks[at];
    const ByteView payload = tensor.payload.subspan(chunk.begin, chunk.bytes);
    if (chunk_sum(chunk, at, payload) != chunk.sum) {
      throw Error{Kind::input,
                  fmt::format("{}: {} is damaged: the checksum of chunk {} does not match", name,
                              tensor_label(overview.tensors[number].entry.name), at),
                  "copy or make it again"};
    }
    tensor.checked[at].store(true, std::memory_order_relaxed);
  }
};

MappedContainer::MappedContainer(const std::string& path, std::uint64_t max_memory)
    : state_(new State) {
  state_->name = path;
  state_->file.emplace(path);
  state_->open(state_->file->bytes(), max_memory);
}

MappedContainer::MappedContainer(Bytes bytes, std::string name, std::uint64_t max_memory)
    : state_(new State) {
  state_->name = std::move(name);
  state_->kept = std::move(bytes);
  state_->open(state_->kept, max_memory);
}

MappedContainer::~MappedContainer() = default;
MappedContainer::MappedContainer(MappedContainer&&) noexcept = default;

const Overview& MappedContainer::overview() const { return state_->overview; }

ByteView MappedContainer::bytes(std::size_t number, std::uint64_t offset,
                                std::uint64_t count) const {
  const Placed& tensor = state_->tensors.at(number);
  const TensorEntry& entry = state_->overview.tensors[number].entry;
  const std::uint64_t size = byte_count(entry.dtype, entry.shape);
  if (offset > size || count > size - offset) {
    fail(Kind::failed, "{} is read beyond its end", tensor_label(entry.name));
  }
  if (!tensor.decoded && count > 0) {
    for (std::uint64_t at = offset / kChunkBytes; at <= (offset + count - 1) / kChunkBytes; ++at) {
      state_->check(tensor, number, at);
    }
  }
  return tensor.payload.subspan(offset, count);
}

}  // namespace mx
