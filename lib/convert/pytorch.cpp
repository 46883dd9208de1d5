// SPDX-License-Identifier: Apache-2.0
#include "convert/pytorch.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "convert/pickle.h"
#include "convert/zip.h"
#include "data/elements.h"
#include "file/digest.h"
#include "file/memory.h"
#include "io/range_input.h"

namespace mx {
namespace {

constexpr std::string_view kPickle = "data.pkl";
// What files begin with that are no zip: the pickled number that marks them.
constexpr std::string_view kOldMark = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
constexpr std::size_t kMostPickle = 16 << 20;
constexpr std::size_t kDeepest = 16;
constexpr std::size_t kMostTensors = 65536;
constexpr std::size_t kMostVisits = 1'000'000;

// "NAME/data.pkl", or data.pkl itself.
const ZipMember* pickle_of(const ZipReader& zip) {
  const auto found = std::ranges::find_if(zip.members(), [](const ZipMember& member) {
    return member.name == kPickle || member.name.ends_with("/data.pkl");
  });
  return found == zip.members().end() ? nullptr : &*found;
}

bool contiguous(const PickledTensor& tensor) {
  std::int64_t expected = 1;
  for (std::size_t d = tensor.shape.size(); d-- > 0;) {
    if (tensor.shape[d] != 1 && tensor.stride[d] != expected) return false;
    expected *= tensor.shape[d];
  }
  return true;
}

// Where the numbers of a storage are.
struct Numbers {
  std::uint64_t bytes = 0;
  std::uint64_t glance = 0;  // as of TensorSource
  std::function<std::unique_ptr<io::Input>()> open;
  std::size_t parts = 0;  // tensors that are less than all of them, in their order
};

class PytorchSource final : public TensorSource {
 public:
  PytorchSource(std::unique_ptr<io::Input> in, std::uint64_t limit) : in_(std::move(in)) {
    if (is_old_pytorch(*in_)) {
      read_old();
    } else {
      read_zip();
    }
    collect(state_of(pickled_.root), "", 0);
    if (entries_.empty()) fail(Kind::input, "{} holds no tensors", in_->name());
    count_views();
    check_memory(in_->name() + ": what its tensors share", shared_, limit);
  }

  [[nodiscard]] const std::vector<TensorEntry>& entries() const override { return entries_; }

  [[nodiscard]] Tensor read(std::size_t i) const override {
    const PickledTensor& tensor = pickled_.tensors[tensors_.at(i)];
    Tensor out(tensor.dtype, tensor.shape);
    if (out.data.size() == 0) return out;
    const Numbers& numbers = numbers_[tensor.storage];
    if (is_whole(tensor)) {
      fill(numbers, out.data.bytes());
    } else if (numbers.parts > 1) {
      const std::scoped_lock lock(mutex_);
      Buffer& held = held_[tensor.storage];
      if (held.size() == 0) {
        Buffer all(static_cast<std::size_t>(numbers.bytes));
        fill(numbers, all.bytes());
        held = std::move(all);
      }
      gather(tensor, held.bytes(), out.data.bytes());
    } else {
      Buffer all(static_cast<std::size_t>(numbers.bytes));
      fill(numbers, all.bytes());
      gather(tensor, all.bytes(), out.data.bytes());
    }
    return out;
  }
  [[nodiscard]] std::uint64_t memory(std::size_t i) const override {
    const PickledTensor& tensor = pickled_.tensors[tensors_.at(i)];
    const Numbers& numbers = numbers_[tensor.storage];
    const bool alone = !is_whole(tensor) && numbers.parts == 1;
    return checked_add(checked_add(TensorSource::memory(i), shared_, "a tensor"),
                       alone ? numbers.bytes : 0, "a tensor");
  }

  [[nodiscard]] std::uint64_t held() const override { return shared_; }
  [[nodiscard]] std::uint64_t glance(std::size_t i) const override {
    const PickledTensor& tensor = pickled_.tensors[tensors_.at(i)];
    return numbers_[tensor.storage].glance +
           static_cast<std::uint64_t>(tensor.offset) * 0x9e3779b97f4a7c15U;
  }

 private:
  void read_zip() {
    const ZipReader& zip = zip_.emplace(*in_);
    std::map<std::string_view, const ZipMember*> by_name;
    for (const ZipMember& one : zip.members()) by_name[one.name] = &one;
    const auto member = [&](const std::string& name) {
      const auto found = by_name.find(name);
      return found == by_name.end() ? nullptr : found->second;
    };
    const ZipMember* const pickle = pickle_of(zip);
    if (pickle == nullptr) fail(Kind::input, "{} holds no pickle", in_->name());
    const std::string prefix = pickle->name.substr(0, pickle->name.size() - kPickle.size());
    if (member(prefix + "constants.pkl") != nullptr) {
      throw Error{Kind::input, in_->name() + " is a TorchScript program, which is never run here",
                  "save the state_dict alone: torch.save(model.state_dict(), FILE)"};
    }
    if (const ZipMember* const order = member(prefix + "byteorder"); order != nullptr) {
      const Bytes bytes = io::read_all(*zip.open(*order), 64);
      if (text(bytes) != "little") refuse_order(printable(text(bytes)));
    }
    if (pickle->size > kMostPickle) fail(Kind::input, "{} is over 16 MiB", label());
    pickled_ = read_pickle(io::read_all(*zip.open(*pickle), kMostPickle), label());
    for (const PickledStorage& storage : pickled_.storages) {
      const ZipMember* const found = member(fmt::format("{}data/{}", prefix, storage.key));
      if (found == nullptr) missing(storage);
      numbers_.push_back({.bytes = found->size, .glance = found->crc, .open = [&zip, found] {
                            return zip.open(*found);
                          }});
      check_size(storage, found->size);
    }
  }

  // One after the other: the mark, the version, an object on the machine, what was saved, the keys
  // of the storages as pickles; of each storage, in that order, its count (8 bytes) and its
  // numbers. torch/serialization.py, _legacy_save.
  void read_old() {
    Bytes opening(static_cast<std::size_t>(std::min<std::uint64_t>(in_->size(), kMostPickle)));
    in_->read_at(0, opening);
    std::uint64_t at = kOldMark.size();
    const auto next = [&] {
      PickledPart part = read_first_pickle(ByteView(opening).subspan(at), label());
      at += part.size;
      return std::move(part.pickled);
    };
    constexpr std::int64_t kVersion = 1001;
    if (next().root.integer != kVersion) {
      fail(Kind::input, "{} is of a version of torch.save that is not known", in_->name());
    }
    const Pickled machine = next();
    if (machine.root.is == PickledValue::Is::dict) {
      for (const auto& [key, value] : machine.dicts[machine.root.at]) {
        const bool order =
            key.is == PickledValue::Is::text && machine.texts[key.at] == "little_endian";
        if (order && value.integer == 0) refuse_order("big");
      }
    }
    pickled_ = next();
    const Pickled keys = next();
    std::map<std::string_view, std::size_t> by_key;
    for (std::size_t i = 0; i < pickled_.storages.size(); ++i) {
      by_key[pickled_.storages[i].key] = i;
    }
    numbers_.resize(pickled_.storages.size());
    if (keys.root.is != PickledValue::Is::list) {
      fail(Kind::input, "{} does not say where its numbers are", in_->name());
    }
    for (const PickledValue& key : keys.lists[keys.root.at]) {
      const auto found =
          key.is == PickledValue::Is::text ? by_key.find(keys.texts[key.at]) : by_key.end();
      if (found == by_key.end() || numbers_[found->second].open) {
        fail(Kind::input, "{} holds numbers that belong to no tensor", in_->name());
      }
      const PickledStorage& storage = pickled_.storages[found->second];
      std::array<std::uint8_t, 8> count = {};
      in_->read_at(at, count);
      at += count.size();
      const std::uint64_t elements = ByteReader(count, in_->name()).u64();
      const std::uint64_t bytes =
          checked_mul(elements, element_size(storage), in_->name() + ": a storage");
      check_size(storage, bytes);
      if (bytes > in_->size() - at) fail(Kind::input, "{} is incomplete", in_->name());
      Bytes beginning(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kGlance)));
      in_->read_at(at, beginning);
      numbers_[found->second] = {
          .bytes = bytes, .glance = glance_at(beginning), .open = [this, at, bytes] {
            return std::make_unique<io::RangeInput>(*in_, at, bytes);
          }};
      at += bytes;
    }
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      if (!numbers_[i].open) missing(pickled_.storages[i]);
    }
    if (at != in_->size()) {
      fail(Kind::input, "{} goes on behind its numbers", in_->name());
    }
  }

  [[nodiscard]] std::string label() const { return fmt::format("{}: its pickle", in_->name()); }
  [[noreturn]] void refuse_order(const std::string& order) const {
    fail(Kind::input, "{}: its numbers are {}-endian, which is not known", in_->name(), order);
  }
  [[noreturn]] void missing(const PickledStorage& storage) const {
    fail(Kind::input, "{}: the numbers {} are missing", in_->name(), printable(storage.key));
  }
  static std::size_t element_size(const PickledStorage& storage) {
    return storage.dtype ? size_of(*storage.dtype) : 1;
  }
  void check_size(const PickledStorage& storage, std::uint64_t bytes) const {
    const std::size_t size = element_size(storage);
    if (checked_mul(static_cast<std::size_t>(storage.count), size, in_->name() + ": a storage") !=
        bytes) {
      fail(Kind::input, "{}: the numbers {} are {} bytes, not {} of {}", in_->name(),
           printable(storage.key), bytes, storage.count, size);
    }
  }

  [[nodiscard]] bool is_whole(const PickledTensor& tensor) const {
    return numbers_[tensor.storage].bytes == byte_count(tensor.dtype, tensor.shape) &&
           contiguous(tensor);
  }
  static void fill(const Numbers& numbers, std::span<std::uint8_t> to) {
    const std::unique_ptr<io::Input> in = numbers.open();
    io::read_exactly(*in, to);
    expect_end(*in);
  }

  // How many tensors each storage is read for, and that they do not make much out of little.
  void count_views() {
    constexpr std::uint64_t kMostRepeats = 16;
    std::uint64_t tensors = 0, numbers = in_->size();
    for (const std::size_t number : tensors_) {
      const PickledTensor& tensor = pickled_.tensors[number];
      const std::size_t bytes = byte_count(tensor.dtype, tensor.shape);
      tensors = checked_add(tensors, bytes, "the tensors");
      if (bytes > 0 && !is_whole(tensor)) ++numbers_[tensor.storage].parts;
    }
    for (const Numbers& one : numbers_) {
      numbers = checked_add(numbers, one.bytes, "the numbers");
      if (one.parts > 1) shared_ += one.bytes;
    }
    if (tensors / kMostRepeats > numbers) {
      fail(Kind::input, "{}: its tensors repeat their numbers over {} times", in_->name(),
           kMostRepeats);
    }
  }

  // Of a checkpoint the model's part.
  [[nodiscard]] PickledValue state_of(const PickledValue& root) const {
    if (root.is != PickledValue::Is::dict) {
      fail(Kind::input, "{} is no dictionary of tensors", in_->name());
    }
    for (const std::string_view name : {"state_dict", "model_state_dict", "model"}) {
      for (const auto& [key, value] : pickled_.dicts[root.at]) {
        const bool named = key.is == PickledValue::Is::text && pickled_.texts[key.at] == name;
        if (named && value.is == PickledValue::Is::dict) return value;
      }
    }
    return root;
  }

  void collect(const PickledValue& value, const std::string& name, std::size_t depth) {
    if (depth > kDeepest || ++visits_ > kMostVisits) {
      fail(Kind::input, "{}: its dictionaries are nested too deep", in_->name());
    }
    if (value.is == PickledValue::Is::tensor) return add(value.at, name);
    if (value.is != PickledValue::Is::dict) return;
    for (const auto& [key, item] : pickled_.dicts[value.at]) {
      std::string own;
      constexpr std::size_t kLongestName = 1024;
      if (key.is == PickledValue::Is::text) own = pickled_.texts[key.at];
      if (key.is == PickledValue::Is::integer) own = std::to_string(key.integer);
      if (own.size() + name.size() > kLongestName) {
        fail(Kind::input, "{}: a name in it is over {} bytes", in_->name(), kLongestName);
      }
      collect(item, name.empty() ? own : fmt::format("{}.{}", name, own), depth + 1);
    }
  }

  void add(std::size_t number, const std::string& name) {
    const PickledTensor& tensor = pickled_.tensors[number];
    check(tensor, name);
    if (!names_.insert(name).second) {
      fail(Kind::input, "{}: the tensor {} stands twice", in_->name(), printable(name));
    }
    if (entries_.size() == kMostTensors) {
      fail(Kind::input, "{} holds over {} tensors", in_->name(), kMostTensors);
    }
    entries_.push_back({name, tensor.dtype, tensor.shape, Scheme::plain});
    tensors_.push_back(number);
  }

  // That every element lies in its storage.
  void check(const PickledTensor& tensor, const std::string& name) const {
    const auto refuse = [&](std::string_view why) {
      fail(Kind::input, "{}: the tensor {} {}", in_->name(), printable(name), why);
    };
    if (std::ranges::any_of(tensor.shape, [](auto size) { return size < 0; })) {
      refuse("has a negative size");
    }
    const std::size_t count = element_count(tensor.shape);
    if (tensor.stride.size() != tensor.shape.size()) refuse("has not a stride for each dimension");
    if (tensor.offset < 0 || std::ranges::any_of(tensor.stride, [](auto s) { return s < 0; })) {
      refuse("begins in front of its numbers");
    }
    if (count == 0) return;
    std::size_t last = static_cast<std::size_t>(tensor.offset);
    for (std::size_t d = 0; d < tensor.shape.size(); ++d) {
      const std::size_t step = checked_mul(static_cast<std::size_t>(tensor.shape[d] - 1),
                                           static_cast<std::size_t>(tensor.stride[d]), "a tensor");
      last = checked_add(last, step, "a tensor");
    }
    const std::uint64_t held = numbers_[tensor.storage].bytes / size_of(tensor.dtype);
    if (last >= held) refuse("reaches behind its numbers");
    // Strides of 0 make much out of little: no more than the file could hold.
    if (byte_count(tensor.dtype, tensor.shape) > in_->size())
      refuse("repeats its numbers too often");
  }

  static void gather(const PickledTensor& tensor, ByteView from, std::span<std::uint8_t> to) {
    const std::size_t size = size_of(tensor.dtype);
    const std::size_t rank = tensor.shape.size();
    std::vector<std::int64_t> index(rank);
    for (std::size_t at = 0; at < to.size(); at += size) {
      std::int64_t place = tensor.offset;
      for (std::size_t d = 0; d < rank; ++d) place += index[d] * tensor.stride[d];
      std::memcpy(to.data() + at, from.data() + static_cast<std::size_t>(place) * size, size);
      for (std::size_t d = rank; d-- > 0;) {
        if (++index[d] < tensor.shape[d]) break;
        index[d] = 0;
      }
    }
  }

  std::unique_ptr<io::Input> in_;
  std::optional<ZipReader> zip_;
  Pickled pickled_;
  std::vector<Numbers> numbers_;  // of each storage
  std::vector<TensorEntry> entries_;
  std::vector<std::size_t> tensors_;  // of each entry
  std::set<std::string> names_;
  std::size_t visits_ = 0;
  std::uint64_t shared_ = 0;  // bytes of the storages that are held
  mutable std::mutex mutex_;
  mutable std::map<std::size_t, Buffer> held_;  // by storage
};

}  // namespace

bool is_old_pytorch(const io::Input& in) {
  std::array<std::uint8_t, kOldMark.size()> start = {};
  if (in.size() < start.size()) return false;
  in.read_at(0, start);
  return text(start) == kOldMark;
}

bool is_pytorch(const io::Input& in) { return pickle_of(ZipReader(in)) != nullptr; }

std::unique_ptr<TensorSource> pytorch_source(std::unique_ptr<io::Input> in, std::uint64_t limit) {
  return std::make_unique<PytorchSource>(std::move(in), limit);
}

}  // namespace mx
