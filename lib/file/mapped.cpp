// SPDX-License-Identifier: Apache-2.0
#include "file/mapped.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "base/error.h"
#include "file/head.h"
#include "file/sections.h"
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

  void open(ByteView all) {
    const std::unique_ptr<io::Input> in = io::memory_input(all, name);
    overview = read_overview(*in);
    ThreadPool alone(1);
    for (const StoredTensor& stored : overview.tensors) {
      Placed placed;
      const std::unique_ptr<io::Input> section =
          io::memory_input(all.subspan(stored.section.begin, stored.section.bytes), name);
      Forward forward(*section, false);
      const Opening opening = read_opening(forward);
      if (opening.kind == SectionKind::tensor) {
        (void)read_table(forward, opening, stored.entry, placed.chunks);
        const bool plain = std::ranges::all_of(
            placed.chunks, [](const Chunk& chunk) { return chunk.codec == Codec::store; });
        if (!plain || stored.entry.scheme != Scheme::plain) {
          throw Error{Kind::input,
                      fmt::format("{}: {} is compressed and cannot be used where it lies", name,
                                  tensor_label(stored.entry.name)),
                      "make the file again with mx-train prepare"};
        }
        placed.payload = all.subspan(stored.section.begin + forward.position());
        placed.checked = std::make_unique<std::atomic<bool>[]>(placed.chunks.size());
      } else {
        placed.decoded = true;
        placed.weight = read_weight(*in, overview, stored.entry.name, alone);
        placed.payload = placed.weight.values.data.bytes();
      }
      tensors.push_back(std::move(placed));
    }
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

MappedContainer::MappedContainer(const std::string& path) : state_(new State) {
  state_->name = path;
  state_->file.emplace(path);
  state_->open(state_->file->bytes());
}

MappedContainer::MappedContainer(Bytes bytes, std::string name) : state_(new State) {
  state_->name = std::move(name);
  state_->kept = std::move(bytes);
  state_->open(state_->kept);
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
