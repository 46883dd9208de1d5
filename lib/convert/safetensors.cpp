// SPDX-License-Identifier: Apache-2.0
#include "convert/safetensors.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "file/digest.h"

namespace mx {
namespace {

constexpr std::uint64_t kLongestHeader = 16U << 20U;
constexpr std::size_t kMostTensors = 65536;
constexpr std::string_view kMetadata = "__metadata__";

struct Name {
  std::string_view word;
  DType dtype;
};
constexpr std::array<Name, 15> kNames = {{{"F32", DType::f32},
                                          {"F64", DType::f64},
                                          {"F16", DType::f16},
                                          {"BF16", DType::bf16},
                                          {"I8", DType::i8},
                                          {"U8", DType::u8},
                                          {"I16", DType::i16},
                                          {"U16", DType::u16},
                                          {"I32", DType::i32},
                                          {"U32", DType::u32},
                                          {"I64", DType::i64},
                                          {"U64", DType::u64},
                                          {"BOOL", DType::boolean},
                                          {"F8_E4M3", DType::f8_e4m3},
                                          {"F8_E5M2", DType::f8_e5m2}}};

std::string_view word_of(DType dtype) {
  return std::find_if(kNames.begin(), kNames.end(), [&](const Name& n) { return n.dtype == dtype; })
      ->word;
}

class SafetensorsSource final : public TensorSource {
 public:
  explicit SafetensorsSource(std::unique_ptr<io::Input> in) : in_(std::move(in)) {
    std::array<std::uint8_t, 8> start;
    if (in_->size() < start.size()) fail(Kind::input, "{} is incomplete", in_->name());
    in_->read_at(0, start);
    const std::uint64_t size = ByteReader(start, in_->name()).u64();
    if (size > kLongestHeader) {
      fail(Kind::input, "{}: its header claims {} bytes, more than 16 MiB", in_->name(), size);
    }
    if (size > in_->size() - start.size()) fail(Kind::input, "{} is incomplete", in_->name());
    Bytes header(static_cast<std::size_t>(size));
    in_->read_at(start.size(), header);
    data_ = start.size() + size;
    read_header(parse_json(text(header), "the header of " + in_->name()));
    check_layout();
  }

  [[nodiscard]] const std::vector<TensorEntry>& entries() const override { return entries_; }
  [[nodiscard]] Tensor read(std::size_t i) const override {
    Tensor tensor(entries_.at(i).dtype, entries_[i].shape);
    in_->read_at(data_ + spans_[i].begin, tensor.data.bytes());
    return tensor;
  }
  [[nodiscard]] std::uint64_t glance(std::size_t i) const override {
    const std::uint64_t size = spans_.at(i).end - spans_[i].begin;
    Bytes beginning(static_cast<std::size_t>(std::min<std::uint64_t>(size, kGlance)));
    in_->read_at(data_ + spans_[i].begin, beginning);
    return glance_at(beginning);
  }
  [[nodiscard]] Json metadata() const override { return metadata_; }

 private:
  struct Span {  // of a tensor's bytes, behind the header
    std::uint64_t begin, end;
  };

  void read_header(const Json& header) {
    if (!header.is_object()) fail(Kind::input, "the header of {} is not an object", in_->name());
    if (header.size() > kMostTensors + 1) {
      fail(Kind::input, "{} holds more than {} tensors", in_->name(), kMostTensors);
    }
    for (const auto& [name, value] : header.items()) {
      if (name == kMetadata) {
        read_metadata(value);
      } else {
        read_entry(name, value);
      }
    }
  }

  void read_metadata(const Json& value) {
    const bool strings = value.is_object() && std::all_of(value.begin(), value.end(),
                                                          [](auto& v) { return v.is_string(); });
    if (!strings) fail(Kind::input, "{}: its metadata are not strings", in_->name());
    metadata_ = value;
  }

  void read_entry(const std::string& name, const Json& value) {
    const std::string where = fmt::format("{}: tensor {}", in_->name(), printable(name));
    JsonObject object(value, where);
    const std::string word = object.text("dtype");
    const auto* const type =
        std::find_if(kNames.begin(), kNames.end(), [&](const Name& n) { return n.word == word; });
    if (type == kNames.end()) {
      fail(Kind::input, "{} has elements of type {}, which is not supported", where,
           printable(word));
    }
    const Shape shape = object.integers("shape", 0, INT64_MAX);
    const std::vector<std::int64_t> offsets = object.integers("data_offsets", 0, INT64_MAX);
    object.finish();
    if (offsets.size() != 2 || offsets[1] < offsets[0] ||
        static_cast<std::uint64_t>(offsets[1] - offsets[0]) != byte_count(type->dtype, shape)) {
      fail(Kind::input, "{}: its place in the file does not fit its shape {}", where,
           to_string(shape));
    }
    entries_.push_back({name, type->dtype, shape, Scheme::plain});
    spans_.push_back(
        {static_cast<std::uint64_t>(offsets[0]), static_cast<std::uint64_t>(offsets[1])});
  }

  // Sorts by place; tensors lie behind one another, from the header to the end of the file.
  void check_layout() {
    std::vector<std::size_t> order(entries_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(spans_[a].begin, spans_[a].end) < std::pair(spans_[b].begin, spans_[b].end);
    });
    std::vector<TensorEntry> entries;
    std::vector<Span> spans;
    std::uint64_t end = 0;
    for (const std::size_t i : order) {
      if (spans_[i].begin != end) {
        fail(Kind::input, "{}: tensor {} {}", in_->name(), printable(entries_[i].name),
             spans_[i].begin < end ? "overlaps another" : "leaves a gap before it");
      }
      end = spans_[i].end;
      entries.push_back(std::move(entries_[i]));
      spans.push_back(spans_[i]);
    }
    entries_ = std::move(entries);
    spans_ = std::move(spans);
    const std::uint64_t there = in_->size() - data_;
    if (end > there) fail(Kind::input, "{} is incomplete", in_->name());
    if (end < there) fail(Kind::input, "{} has bytes behind its tensors", in_->name());
  }

  std::unique_ptr<io::Input> in_;
  std::uint64_t data_ = 0;
  std::vector<TensorEntry> entries_;
  std::vector<Span> spans_;
  Json metadata_;
};

class SafetensorsSink final : public TensorSink {
 public:
  SafetensorsSink(io::Output& out, const std::vector<TensorEntry>& entries, const Json& metadata)
      : out_(out), entries_(entries) {
    // Appended, not looked up: a file may hold many thousands.
    Json::object_t header;
    if (!metadata.is_null()) header.emplace_back(std::string(kMetadata), metadata);
    std::uint64_t at = 0;
    for (const TensorEntry& entry : entries_) {
      if (entry.name == kMetadata) {
        fail(Kind::usage, "safetensors cannot hold a tensor of the name {}", kMetadata);
      }
      const std::uint64_t end =
          checked_add(at, byte_count(entry.dtype, entry.shape), "the sum of all tensors");
      header.emplace_back(entry.name, Json{{"dtype", word_of(entry.dtype)},
                                           {"shape", entry.shape},
                                           {"data_offsets", {at, end}}});
      at = end;
    }
    std::string json = dump_json(Json(std::move(header)));
    json.resize((json.size() + 7) / 8 * 8, ' ');
    ByteWriter start;
    start.u64(json.size());
    out_.write(start.bytes());
    out_.write(view(json));
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

std::unique_ptr<TensorSource> safetensors_source(std::unique_ptr<io::Input> in) {
  return std::make_unique<SafetensorsSource>(std::move(in));
}

std::unique_ptr<TensorSink> safetensors_sink(io::Output& out,
                                             const std::vector<TensorEntry>& entries,
                                             const Json& metadata) {
  return std::make_unique<SafetensorsSink>(out, entries, metadata);
}

}  // namespace mx
