// SPDX-License-Identifier: Apache-2.0
#include "convert/npz.h"

#include <algorithm>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "convert/zip.h"
#include "data/elements.h"
#include "data/npy.h"

namespace mx {
namespace {

constexpr std::string_view kEnding = ".npy";

class NpzSource final : public TensorSource {
 public:
  explicit NpzSource(std::unique_ptr<io::Input> in) : in_(std::move(in)), zip_(*in_) {
    for (const ZipMember& member : zip_.members()) {
      if (!member.name.ends_with(kEnding)) {
        fail(Kind::input, "{}: the member {} is not a .npy array", in_->name(),
             printable(member.name));
      }
      const NpyHeader header = read_npy_header(*zip_.open(member));
      const std::size_t size = byte_count(header.dtype, header.shape);
      if (checked_add(header.bytes, size, "an array") != member.size) {
        fail(Kind::input, "{}: the array {} is {} bytes, its member {}", in_->name(),
             printable(member.name), header.bytes + size, member.size);
      }
      memory_.push_back(npy_memory(header));
      entries_.push_back({member.name.substr(0, member.name.size() - kEnding.size()), header.dtype,
                          header.shape, Scheme::plain});
    }
  }

  [[nodiscard]] const std::vector<TensorEntry>& entries() const override { return entries_; }
  [[nodiscard]] Tensor read(std::size_t i) const override {
    const std::unique_ptr<io::Input> in = zip_.open(zip_.members().at(i));
    const NpyHeader header = read_npy_header(*in);
    if (header.dtype != entries_[i].dtype || header.shape != entries_[i].shape) {
      fail(Kind::input, "{} changed while it was read", in->name());
    }
    Tensor tensor = read_npy_elements(*in, header, memory_[i]);
    expect_end(*in);
    return tensor;
  }
  [[nodiscard]] std::uint64_t memory(std::size_t i) const override { return memory_.at(i); }
  [[nodiscard]] std::uint64_t glance(std::size_t i) const override {
    return zip_.members().at(i).crc;
  }

 private:
  std::unique_ptr<io::Input> in_;
  ZipReader zip_;
  std::vector<std::uint64_t> memory_;
  std::vector<TensorEntry> entries_;
};

class NpzSink final : public TensorSink {
 public:
  NpzSink(io::Output& out, const std::vector<TensorEntry>& entries)
      : out_(out), zip_(out), entries_(entries) {
    for (const TensorEntry& entry : entries_) (void)npy_header(entry.dtype, entry.shape);
  }

  void add(const Tensor& tensor) override {
    const TensorEntry& entry = expect_entry(entries_, next_++, tensor);
    const std::string header = npy_header(tensor.dtype, tensor.shape);
    const ByteView elements = tensor.data.bytes();
    const std::uint32_t crc = crc32_of(elements, crc32_of(view(header)));
    zip_.begin(entry.name + std::string(kEnding), header.size() + elements.size(), crc);
    zip_.write(view(header));
    zip_.write(elements);
  }
  void finish() override {
    expect_all(entries_, next_);
    zip_.finish();
    out_.commit();
  }

 private:
  io::Output& out_;
  ZipWriter zip_;
  std::vector<TensorEntry> entries_;
  std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<TensorSource> npz_source(std::unique_ptr<io::Input> in) {
  return std::make_unique<NpzSource>(std::move(in));
}

std::unique_ptr<TensorSink> npz_sink(io::Output& out, const std::vector<TensorEntry>& entries) {
  return std::make_unique<NpzSink>(out, entries);
}

}  // namespace mx
