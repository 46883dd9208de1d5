// SPDX-License-Identifier: Apache-2.0
#include "convert/pytorch.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "convert/pickle.h"
#include "convert/zip.h"
#include "data/elements.h"

namespace mx {
namespace {

constexpr std::string_view kPickle = "data.pkl";
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

class PytorchSource final : public TensorSource {
 public:
  explicit PytorchSource(std::unique_ptr<io::Input> in) : in_(std::move(in)), zip_(*in_) {
    for (const ZipMember& one : zip_.members()) by_name_[one.name] = &one;
    const ZipMember* const pickle = pickle_of(zip_);
    if (pickle == nullptr) fail(Kind::input, "{} holds no pickle", in_->name());
    prefix_ = pickle->name.substr(0, pickle->name.size() - kPickle.size());
    if (member(prefix_ + "constants.pkl") != nullptr) {
      throw Error{Kind::input, in_->name() + " is a TorchScript program, which is never run here",
                  "save the state_dict alone: torch.save(model.state_dict(), FILE)"};
    }
    check_order();
    if (pickle->size > kMostPickle) fail(Kind::input, "{}: its pickle is over 16 MiB", in_->name());
    pickled_ = read_pickle(io::read_all(*zip_.open(*pickle), kMostPickle),
                           fmt::format("{}: its pickle", in_->name()));
    for (const PickledStorage& storage : pickled_.storages) find(storage);
    collect(state_of(pickled_.root), "", 0);
    if (entries_.empty()) fail(Kind::input, "{} holds no tensors", in_->name());
  }

  [[nodiscard]] const std::vector<TensorEntry>& entries() const override { return entries_; }

  [[nodiscard]] Tensor read(std::size_t i) const override {
    const PickledTensor& tensor = pickled_.tensors[tensors_.at(i)];
    Tensor out(tensor.dtype, tensor.shape);
    if (out.data.size() == 0) return out;
    const ZipMember& member = *members_[tensor.storage];
    const std::unique_ptr<io::Input> in = zip_.open(member);
    if (member.size == out.data.size() && contiguous(tensor)) {
      io::read_exactly(*in, out.data.bytes());
      expect_end(*in);
      return out;
    }
    Buffer all(static_cast<std::size_t>(member.size));
    io::read_exactly(*in, all.bytes());
    expect_end(*in);
    gather(tensor, all.bytes(), out.data.bytes());
    return out;
  }

  [[nodiscard]] std::uint64_t glance(std::size_t i) const override {
    const PickledTensor& tensor = pickled_.tensors[tensors_.at(i)];
    return members_[tensor.storage]->crc +
           static_cast<std::uint64_t>(tensor.offset) * 0x9e3779b97f4a7c15U;
  }

 private:
  [[nodiscard]] const ZipMember* member(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }
  void check_order() const {
    const ZipMember* const order = member(prefix_ + "byteorder");
    if (order == nullptr) return;
    const Bytes bytes = io::read_all(*zip_.open(*order), 64);
    if (text(bytes) != "little") {
      fail(Kind::input, "{}: its numbers are {}-endian, which is not known", in_->name(),
           printable(text(bytes)));
    }
  }

  void find(const PickledStorage& storage) {
    const ZipMember* const found = member(fmt::format("{}data/{}", prefix_, storage.key));
    if (found == nullptr) {
      fail(Kind::input, "{}: the numbers {} are missing", in_->name(), printable(storage.key));
    }
    const std::size_t size = storage.dtype ? size_of(*storage.dtype) : 1;
    if (checked_mul(static_cast<std::size_t>(storage.count), size, "a storage") != found->size) {
      fail(Kind::input, "{}: the numbers {} are {} bytes, not {} of {}", in_->name(),
           printable(storage.key), found->size, storage.count, size);
    }
    members_.push_back(found);
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
    const std::uint64_t held = members_[tensor.storage]->size / size_of(tensor.dtype);
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
  ZipReader zip_;
  std::map<std::string_view, const ZipMember*> by_name_;
  std::string prefix_;
  Pickled pickled_;
  std::vector<const ZipMember*> members_;  // of each storage
  std::vector<TensorEntry> entries_;
  std::vector<std::size_t> tensors_;  // of each entry
  std::set<std::string> names_;
  std::size_t visits_ = 0;
};

}  // namespace

bool is_pytorch(const io::Input& in) { return pickle_of(ZipReader(in)) != nullptr; }

std::unique_ptr<TensorSource> pytorch_source(std::unique_ptr<io::Input> in) {
  return std::make_unique<PytorchSource>(std::move(in));
}

}  // namespace mx
