// SPDX-License-Identifier: Apache-2.0
#include "convert/source.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/words.h"
#include "convert/gguf.h"
#include "convert/npz.h"
#include "convert/pytorch.h"
#include "convert/safetensors.h"
#include "data/elements.h"
#include "data/npy.h"
#include "file/sniff.h"
#include "io/range_input.h"

namespace mx {
namespace {

// A pipe's bytes, kept.
class Kept final : public io::Input {
 public:
  Kept(Bytes bytes, std::string name)
      : bytes_(std::move(bytes)), in_(io::memory_input(bytes_, std::move(name))) {}
  std::size_t read(std::span<std::uint8_t> out) override { return in_->read(out); }
  void read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    in_->read_at(offset, out);
  }
  [[nodiscard]] const std::string& name() const override { return in_->name(); }
  [[nodiscard]] bool seekable() const override { return true; }
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }

 private:
  Bytes bytes_;
  std::unique_ptr<io::Input> in_;
};

class NpySource final : public TensorSource {
 public:
  explicit NpySource(std::unique_ptr<io::Input> in) : in_(std::move(in)) {
    io::RangeInput again(*in_);
    const NpyHeader header = read_npy_header(again);
    std::string name = in_->name();
    name.erase(0, name.rfind('/') + 1);
    if (name.ends_with(".npy")) name.resize(name.size() - 4);
    entries_.push_back({std::move(name), header.dtype, header.shape, Scheme::plain});
    (void)read(0);
  }
  [[nodiscard]] const std::vector<TensorEntry>& entries() const override { return entries_; }
  [[nodiscard]] Tensor read(std::size_t i) const override {
    (void)entries_.at(i);
    io::RangeInput again(*in_);
    return read_npy(again);
  }
  [[nodiscard]] std::uint64_t glance(std::size_t i) const override { return i; }  // the only one

 private:
  std::unique_ptr<io::Input> in_;
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

std::unique_ptr<TensorSource> open_source(const std::string& path, std::uint64_t pipe_limit) {
  return open_source(io::open_input(path, io::Decompress::by_magic), pipe_limit);
}

std::unique_ptr<TensorSource> open_source(std::unique_ptr<io::Input> in, std::uint64_t pipe_limit) {
  if (!in->seekable()) {
    Bytes bytes = io::read_all(*in, pipe_limit);
    in = std::make_unique<Kept>(std::move(bytes), in->name());
  }
  Bytes head(static_cast<std::size_t>(std::min<std::uint64_t>(in->size(), 512)));
  in->read_at(0, head);
  const std::string_view start = text(head);
  if (is_old_pytorch(*in)) return pytorch_source(std::move(in));
  if (start.starts_with("PK\x03\x04") || start.starts_with("PK\x05\x06")) {
    return is_pytorch(*in) ? pytorch_source(std::move(in)) : npz_source(std::move(in));
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
