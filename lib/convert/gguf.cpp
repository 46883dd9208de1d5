// SPDX-License-Identifier: Apache-2.0
#include "convert/gguf.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>
#include <set>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "convert/ggml_types.h"
#include "convert/gguf_value.h"
#include "file/digest.h"
#include "io/range_input.h"

namespace mx {
namespace {

constexpr std::uint64_t kMostKeys = 65536, kMostTensors = 65536;
constexpr std::uint64_t kMostHeader = 256 << 20;  // bytes in front of the numbers
constexpr std::uint64_t kMostText = 16 << 20;
constexpr std::size_t kMostMetadata = 4 << 20;  // kept of it
constexpr std::uint64_t kUsualAlignment = 32;

// The part in front of the numbers, read forward.
class Head {
 public:
  explicit Head(const io::Input& in, std::uint64_t begin = 0)
      : in_(in), range_(in, begin, in.size() - begin), buffer_(std::size_t{1} << 16U) {}

  template <class T>
  T value() {
    T out;
    std::uint8_t raw[sizeof(T)];
    take(raw);
    std::memcpy(&out, raw, sizeof(T));
    return out;
  }
  std::string text(std::uint64_t most) {
    const auto size = value<std::uint64_t>();
    if (size > most)
      fail(Kind::input, "{}: a text in its header is over {} bytes", in_.name(), most);
    std::string out(static_cast<std::size_t>(size), '\0');
    take({reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
    if (!valid_utf8(out)) fail(Kind::input, "{}: a text in its header is not UTF-8", in_.name());
    return out;
  }
  void skip(std::uint64_t bytes) {
    std::uint8_t raw[4096];
    while (bytes > 0) {
      const auto some = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, sizeof(raw)));
      take(std::span(raw).first(some));
      bytes -= some;
    }
  }
  [[nodiscard]] std::uint64_t place() const { return place_; }

 private:
  void take(std::span<std::uint8_t> out) {
    place_ += out.size();
    if (place_ > kMostHeader) fail(Kind::input, "{}: its header is over 256 MiB", in_.name());
    while (!out.empty()) {
      if (at_ == held_) {
        held_ = range_.read(buffer_);
        at_ = 0;
        if (held_ == 0) fail(Kind::input, "{} is incomplete", in_.name());
      }
      const std::size_t some = std::min(out.size(), held_ - at_);
      std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(at_), some, out.begin());
      at_ += some;
      out = out.subspan(some);
    }
  }

  const io::Input& in_;
  io::RangeInput range_;
  Bytes buffer_;
  std::size_t at_ = 0, held_ = 0;
  std::uint64_t place_ = 0;
};

// By their codes.
constexpr std::uint64_t kSizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

struct Placed {
  const GgmlType* type = nullptr;
  std::uint64_t begin = 0, bytes = 0;
};

// A list among the keys: its values begin at `begin`.
struct List {
  std::uint32_t kind = 0;
  std::uint64_t count = 0, begin = 0;
};

class GgufSource final : public TensorSource, public GgufLists {
 public:
  explicit GgufSource(std::unique_ptr<io::Input> in) : in_(std::move(in)) {
    Head head(*in_);
    head.skip(4);
    const auto version = head.value<std::uint32_t>();
    if (version < 2 || version > 3) {
      fail(Kind::input, "{} is GGUF of version {}; 2 and 3 are known", in_->name(), version);
    }
    const auto tensors = head.value<std::uint64_t>(), keys = head.value<std::uint64_t>();
    if (tensors > kMostTensors || keys > kMostKeys) {
      fail(Kind::input, "{} lists {} tensors and {} keys, more than {}", in_->name(), tensors, keys,
           kMostTensors);
    }
    std::set<std::string> names;
    for (std::uint64_t i = 0; i < keys; ++i) {
      const std::string key = head.text(kMostText);
      if (!names.insert(key).second) {
        fail(Kind::input, "{}: the key {} stands twice", in_->name(), printable(key));
      }
      read_value(head, key);
    }
    names.clear();
    for (std::uint64_t i = 0; i < tensors; ++i) read_tensor(head, names);
    place(head.place());
  }

  [[nodiscard]] const std::vector<TensorEntry>& entries() const override { return entries_; }
  [[nodiscard]] Json metadata() const override { return metadata_; }

  [[nodiscard]] Tensor read(std::size_t i) const override {
    const Placed& placed = placed_.at(i);
    Tensor out(entries_[i].dtype, entries_[i].shape);
    if (placed.type->plain) {
      in_->read_at(placed.begin, out.data.bytes());
      return out;
    }
    const std::span<float> numbers = out.as<float>();
    // As many whole blocks at a time as fit in a megabyte.
    const std::size_t step = (std::size_t{1} << 20U) / placed.type->bytes;
    const std::size_t blocks = static_cast<std::size_t>(placed.bytes) / placed.type->bytes;
    Bytes part;
    for (std::size_t at = 0; at < blocks; at += step) {
      const std::size_t count = std::min(step, blocks - at);
      part.resize(count * placed.type->bytes);
      in_->read_at(placed.begin + at * placed.type->bytes, part);
      dequantize(*placed.type, part, numbers.subspan(at * placed.type->block));
      check_finite(numbers.subspan(at * placed.type->block, count * placed.type->block), i);
    }
    return out;
  }

  [[nodiscard]] std::optional<std::vector<std::string>> texts(
      const std::string& key) const override {
    const List* const list = find_list(key);
    if (list == nullptr) return std::nullopt;
    if (list->kind != GgufValue::string) fail(Kind::input, "{}: {} has no texts", in_->name(), key);
    Head head(*in_, list->begin);
    std::vector<std::string> out;
    for (std::uint64_t i = 0; i < list->count; ++i) out.push_back(head.text(kMostText));
    return out;
  }

  [[nodiscard]] std::optional<std::vector<double>> numbers(const std::string& key) const override {
    const List* const list = find_list(key);
    if (list == nullptr) return std::nullopt;
    if (list->kind == GgufValue::string || list->kind == GgufValue::boolean) {
      fail(Kind::input, "{}: {} has no numbers", in_->name(), key);
    }
    Head head(*in_, list->begin);
    std::vector<double> out;
    for (std::uint64_t i = 0; i < list->count; ++i) {
      out.push_back(number(head, list->kind));
      if (!std::isfinite(out.back())) {
        fail(Kind::input, "{}: {} has a number that is not finite", in_->name(), key);
      }
    }
    return out;
  }

  [[nodiscard]] std::uint64_t glance(std::size_t i) const override {
    const Placed& placed = placed_.at(i);
    Bytes start(static_cast<std::size_t>(std::min<std::uint64_t>(kGlance, placed.bytes)));
    in_->read_at(placed.begin, start);
    return glance_at(start);
  }

 private:
  // Scales that are not finite would make numbers of nothing.
  void check_finite(std::span<const float> numbers, std::size_t i) const {
    if (std::ranges::all_of(numbers, [](float x) { return std::isfinite(x); })) return;
    fail(Kind::input, "{}: the tensor {} has scales that are not finite", in_->name(),
         printable(entries_[i].name));
  }

  void keep(const std::string& key, std::string value) {
    kept_ += key.size() + value.size();
    // The key is new: looking it up would take time in proportion to the others.
    if (kept_ <= kMostMetadata) {
      metadata_.get_ref<Json::object_t&>().emplace_back(key, std::move(value));
    }
  }

  void read_value(Head& head, const std::string& key) {
    const auto kind = head.value<std::uint32_t>();
    switch (kind) {
      case GgufValue::u8:
        return keep(key, std::to_string(head.value<std::uint8_t>()));
      case GgufValue::i8:
        return keep(key, std::to_string(head.value<std::int8_t>()));
      case GgufValue::u16:
        return keep(key, std::to_string(head.value<std::uint16_t>()));
      case GgufValue::i16:
        return keep(key, std::to_string(head.value<std::int16_t>()));
      case GgufValue::u32: {
        const auto value = head.value<std::uint32_t>();
        if (key == "general.alignment") alignment_ = value;
        return keep(key, std::to_string(value));
      }
      case GgufValue::i32:
        return keep(key, std::to_string(head.value<std::int32_t>()));
      case GgufValue::f32:
        return keep(key, fmt::format("{}", head.value<float>()));
      case GgufValue::boolean: {
        const auto value = head.value<std::uint8_t>();
        if (value > 1)
          fail(Kind::input, "{}: {} is neither true nor false", in_->name(), printable(key));
        return keep(key, value == 1 ? "true" : "false");
      }
      case GgufValue::string:
        return keep(key, head.text(kMostText));
      case GgufValue::u64:
        return keep(key, std::to_string(head.value<std::uint64_t>()));
      case GgufValue::i64:
        return keep(key, std::to_string(head.value<std::int64_t>()));
      case GgufValue::f64:
        return keep(key, fmt::format("{}", head.value<double>()));
      case GgufValue::array:
        return skip_array(head, key);
      default:
        fail(Kind::input, "{}: {} is of an unknown kind ({})", in_->name(), printable(key), kind);
    }
  }

  [[nodiscard]] const List* find_list(const std::string& key) const {
    constexpr std::uint64_t kMostValues = 1U << 21U;
    const auto found = lists_.find(key);
    if (found == lists_.end()) return nullptr;
    if (found->second.count > kMostValues) {
      fail(Kind::input, "{}: {} has over {} values", in_->name(), key, kMostValues);
    }
    return &found->second;
  }

  static double number(Head& head, std::uint32_t kind) {
    switch (kind) {
      case GgufValue::u8:
        return head.value<std::uint8_t>();
      case GgufValue::i8:
        return head.value<std::int8_t>();
      case GgufValue::u16:
        return head.value<std::uint16_t>();
      case GgufValue::i16:
        return head.value<std::int16_t>();
      case GgufValue::u32:
        return head.value<std::uint32_t>();
      case GgufValue::i32:
        return head.value<std::int32_t>();
      case GgufValue::f32:
        return head.value<float>();
      case GgufValue::u64:
        return static_cast<double>(head.value<std::uint64_t>());
      case GgufValue::i64:
        return static_cast<double>(head.value<std::int64_t>());
      default:
        return head.value<double>();
    }
  }

  void skip_array(Head& head, const std::string& key) {
    const auto kind = head.value<std::uint32_t>();
    const auto count = head.value<std::uint64_t>();
    if (kind > GgufValue::f64 || kind == GgufValue::array) {
      fail(Kind::input, "{}: {} is a list of an unknown kind ({})", in_->name(), printable(key),
           kind);
    }
    lists_[key] = {kind, count, head.place()};
    if (kind != GgufValue::string) {
      head.skip(checked_mul(narrow<std::size_t>(count, "a list"),
                            static_cast<std::size_t>(kSizes[kind]), "a list"));
      return;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto size = head.value<std::uint64_t>();
      if (size > kMostText) fail(Kind::input, "{}: a text in its header is too long", in_->name());
      head.skip(size);
    }
  }

  void read_tensor(Head& head, std::set<std::string>& names) {
    constexpr std::uint64_t kLongestName = 1024;
    TensorEntry entry;
    entry.name = head.text(kLongestName);
    const std::string name = printable(entry.name);
    if (!names.insert(entry.name).second) {
      fail(Kind::input, "{}: the tensor {} stands twice", in_->name(), name);
    }
    const auto rank = head.value<std::uint32_t>();
    if (rank > kMaxRank)
      fail(Kind::input, "{}: the tensor {} has {} dimensions", in_->name(), name, rank);
    for (std::uint32_t d = 0; d < rank; ++d) {
      entry.shape.insert(entry.shape.begin(),
                         narrow<std::int64_t>(head.value<std::uint64_t>(), "a dimension"));
    }
    const auto code = head.value<std::uint32_t>();
    Placed placed;
    placed.type = ggml_type(code);
    if (placed.type == nullptr) {
      throw Error{Kind::input,
                  fmt::format("{}: the tensor {} is of the type {}, which is not known here",
                              in_->name(), name, ggml_name(code)),
                  "known are F32, F16, BF16, F64, I8 to I64, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, "
                  "Q5_K and Q6_K"};
    }
    placed.begin = head.value<std::uint64_t>();
    entry.dtype = placed.type->plain.value_or(DType::f32);
    const std::size_t row = entry.shape.empty() ? 1 : static_cast<std::size_t>(entry.shape.back());
    if (row % placed.type->block != 0) {
      fail(Kind::input, "{}: the rows of the tensor {} are no whole blocks of {}", in_->name(),
           name, placed.type->name);
    }
    placed.bytes = checked_mul(element_count(entry.shape) / placed.type->block, placed.type->bytes,
                               "a tensor");
    entries_.push_back(std::move(entry));
    placed_.push_back(placed);
  }

  // Where the tensors lie in the file: each at its place, none over another, nothing between them.
  void place(std::uint64_t head) {
    if (alignment_ == 0 || (alignment_ & (alignment_ - 1)) != 0 || alignment_ > 1U << 20U) {
      fail(Kind::input, "{}: an alignment of {} is none", in_->name(), alignment_);
    }
    const auto aligned = [&](std::uint64_t at) {
      return (at + alignment_ - 1) / alignment_ * alignment_;
    };
    const std::uint64_t data = aligned(head);
    std::vector<std::size_t> order(placed_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return placed_[i].begin; });
    std::uint64_t next = 0;
    for (const std::size_t i : order) {
      Placed& placed = placed_[i];
      if (placed.begin != next) {
        fail(Kind::input, "{}: the tensor {} does not lie where the one before it ends",
             in_->name(), printable(entries_[i].name));
      }
      next = aligned(checked_add(placed.begin, placed.bytes, "a tensor"));
      placed.begin += data;
      if (checked_add(placed.begin, placed.bytes, "a tensor") > in_->size()) {
        fail(Kind::input, "{} is incomplete", in_->name());
      }
    }
    if (in_->size() > checked_add(data, next, "the tensors") && !placed_.empty()) {
      fail(Kind::input, "{} has bytes behind its tensors", in_->name());
    }
  }

  std::unique_ptr<io::Input> in_;
  std::vector<TensorEntry> entries_;
  std::vector<Placed> placed_;
  Json metadata_ = Json::object();
  std::map<std::string, List> lists_;
  std::size_t kept_ = 0;
  std::uint64_t alignment_ = kUsualAlignment;
};

}  // namespace

std::unique_ptr<TensorSource> gguf_source(std::unique_ptr<io::Input> in) {
  return std::make_unique<GgufSource>(std::move(in));
}

}  // namespace mx
