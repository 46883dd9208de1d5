// SPDX-License-Identifier: Apache-2.0
#include "convert/source.h"

#include <algorithm>
#include <set>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "convert/gguf.h"
#include "convert/npz.h"
#include "convert/pytorch.h"
#include "convert/safetensors.h"
#include "data/npy.h"
#include "file/memory.h"
#include "file/sniff.h"
#include "io/held_input.h"
#include "io/range_input.h"

namespace mx {
namespace {

class NpySource final : public TensorSource {
 public:
  explicit NpySource(std::unique_ptr<io::Input> in) : in_(std::move(in)) {
    io::RangeInput again(*in_);
    const NpyHeader header = read_npy_header(again);
    const std::uint64_t size =
        checked_add(header.bytes, byte_count(header.dtype, header.shape), "an array");
    if (in_->size() < size) fail(Kind::input, "{} is incomplete", in_->name());
    if (in_->size() > size) fail(Kind::input, "{} has bytes behind its end", in_->name());
    memory_ = npy_memory(header);
    std::string name = in_->name();
    name.erase(0, name.rfind('/') + 1);
    if (name.ends_with(".npy")) name.resize(name.size() - 4);
    entries_.push_back({std::move(name), header.dtype, header.shape, Scheme::plain});
  }
  [[nodiscard]] const std::vector<TensorEntry>& entries() const override { return entries_; }
  [[nodiscard]] Tensor read(std::size_t i) const override {
    (void)entries_.at(i);
    io::RangeInput again(*in_);
    return read_npy(again, memory_);
  }
  [[nodiscard]] std::uint64_t memory(std::size_t /*i*/) const override { return memory_; }
  [[nodiscard]] std::uint64_t glance(std::size_t i) const override { return i; }  // the only one

 private:
  std::unique_ptr<io::Input> in_;
  std::uint64_t memory_ = 0;
  std::vector<TensorEntry> entries_;
};

class NpySink final : public TensorSink {
 public:
  NpySink(io::Output& out, const std::vector<TensorEntry>& entries) : out_(out), entries_(entries) {
    if (entries_.size() != 1) {
      throw Error{Kind::usage, fmt::format("npy holds one tensor, not {}", entries_.size()),
                  "write npz or safetensors"};
    }
    const std::string header = npy_header(entries_[0].dtype, entries_[0].shape);
    out_.write(view(header));
  }
  void add(const Tensor& tensor) override {
    (void)expect_entry(entries_, next_++, tensor);
    out_.write(tensor.data.bytes());
  }
  void finish() override {
    expect_all(entries_, next_);
    out_.commit();
  }

 private:
  io::Output& out_;
  std::vector<TensorEntry> entries_;
  std::size_t next_ = 0;
};

std::unique_ptr<TensorSource> source_of(std::unique_ptr<io::Input> in, std::uint64_t limit) {
  Bytes head(static_cast<std::size_t>(std::min<std::uint64_t>(in->size(), 512)));
  in->read_at(0, head);
  const std::string_view start = text(head);
  if (is_old_pytorch(*in)) return pytorch_source(std::move(in), limit);
  if (start.starts_with("PK\x03\x04") || start.starts_with("PK\x05\x06")) {
    return is_pytorch(*in) ? pytorch_source(std::move(in), limit) : npz_source(std::move(in));
  }
  if (start.starts_with("\x93NUMPY")) return std::make_unique<NpySource>(std::move(in));
  if (start.starts_with("GGUF")) return gguf_source(std::move(in));
  // A short header length, then an object.
  constexpr std::size_t kBrace = 8;
  if (start.size() > kBrace && start[kBrace] == '{') return safetensors_source(std::move(in));
  if (start.empty()) fail(Kind::input, "{} is empty", in->name());
  const OtherKind other = sniff(head);
  throw Error{Kind::input,
              fmt::format("{} is {}, not npz, npy, safetensors, GGUF or of PyTorch", in->name(),
                          other.what),
              std::string(other.hint)};
}

}  // namespace

std::string_view name_of(Foreign format) {
  switch (format) {
    case Foreign::npy:
      return "npy";
    case Foreign::npz:
      return "npz";
    case Foreign::safetensors:
      break;
  }
  return "safetensors";
}

std::uint64_t TensorSource::memory(std::size_t i) const {
  return byte_count(entries().at(i).dtype, entries()[i].shape);
}

std::unique_ptr<TensorSource> open_source(const std::string& path, std::uint64_t max_memory) {
  return open_source(io::open_input(path, io::Decompress::by_magic), max_memory);
}

std::unique_ptr<TensorSource> open_source(std::unique_ptr<io::Input> in, std::uint64_t max_memory) {
  if (max_memory == 0) max_memory = default_max_memory();
  const std::string name = in->name();
  std::uint64_t held = 0;
  if (!in->seekable()) {
    in = std::make_unique<io::HeldInput>(std::move(in), max_memory);
    held = in->size();
  }
  std::unique_ptr<TensorSource> out =
      source_of(std::move(in), std::max<std::uint64_t>(max_memory - held, 1));
  for (std::size_t i = 0; i < out->entries().size(); ++i) {
    check_memory(fmt::format("{}: tensor {}", name, printable(out->entries()[i].name)),
                 checked_add(held, out->memory(i), "a tensor"), max_memory);
  }
  return out;
}

std::unique_ptr<TensorSink> open_sink(Foreign format, io::Output& out,
                                      const std::vector<TensorEntry>& entries,
                                      const Json& metadata) {
  std::set<std::string_view> names;
  for (const TensorEntry& entry : entries) {
    if (!names.insert(entry.name).second) {
      fail(Kind::failed, "the tensor {} stands twice", printable(entry.name));
    }
  }
  switch (format) {
    case Foreign::npy:
      return std::make_unique<NpySink>(out, entries);
    case Foreign::npz:
      return npz_sink(out, entries);
    case Foreign::safetensors:
      break;
  }
  return safetensors_sink(out, entries, metadata);
}

const TensorEntry& expect_entry(const std::vector<TensorEntry>& entries, std::size_t next,
                                const Tensor& tensor) {
  if (next >= entries.size()) fail(Kind::failed, "a tensor more than was announced");
  const TensorEntry& entry = entries[next];
  if (tensor.dtype != entry.dtype || tensor.shape != entry.shape) {
    fail(Kind::failed, "the tensor {} is {} of {}, not as announced", printable(entry.name),
         to_string(tensor.shape), name_of(tensor.dtype));
  }
  return entry;
}

void expect_all(const std::vector<TensorEntry>& entries, std::size_t next) {
  if (next != entries.size()) {
    fail(Kind::failed, "{} of {} tensors were written", next, entries.size());
  }
}

}  // namespace mx
