// SPDX-License-Identifier: Apache-2.0
#include "convert/sharded.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/error.h"
#include "base/words.h"
#include "file/memory.h"
#include "io/held_input.h"

namespace mx {
namespace {

constexpr std::size_t kLongestIndex = 16U << 20U;
constexpr std::size_t kMostShards = 4096;

// Shard -> its tensors.
using Shards = std::map<std::string, std::set<std::string>>;

// A name that leaves the folder would read what nobody asked for.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

Shards read_index(const std::string& path) {
  const auto in = io::open_input(path);
  const Bytes bytes = io::read_all(*in, kLongestIndex);
  const Json json = parse_json(text(bytes), in->name());
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object()) {
    fail(Kind::input, "{} has no weight_map: it is no index of shards", in->name());
  }
  Shards out;
  for (const auto& [tensor, file] : json["weight_map"].items()) {
    if (!file.is_string() || !is_plain_name(file.get<std::string>())) {
      fail(Kind::input, "{}: tensor {} is not placed in a file beside the index", in->name(),
           printable(tensor));
    }
    out[file.get<std::string>()].insert(tensor);
  }
  if (out.empty()) fail(Kind::input, "{} names no tensor", in->name());
  if (out.size() > kMostShards) fail(Kind::input, "{} names {} files", in->name(), out.size());
  return out;
}

class ShardedSource final : public TensorSource {
 public:
  // files: where the shards' paths are added.
  ShardedSource(const std::string& index, std::vector<std::string>& files,
                std::uint64_t max_memory) {
    if (max_memory == 0) max_memory = default_max_memory();
    for (const auto& [file, wanted] : read_index(index)) {
      const std::string path = (std::filesystem::path(index).parent_path() / file).string();
      files.push_back(path);
      auto in = io::open_input(path, io::Decompress::by_magic);
      if (!in->seekable()) {  // a compressed one, which is held until the end
        in = std::make_unique<io::HeldInput>(std::move(in), max_memory - held_);
        held_ += in->size();
      }
      const auto& shard = shards_.emplace_back(
          open_source(std::move(in), std::max<std::uint64_t>(max_memory - held_, 1)));
      held_ += shard->held();
      check_memory(input_name(index), held_, max_memory);
      std::set<std::string> missing = wanted;
      for (std::size_t i = 0; i < shard->entries().size(); ++i) {
        const TensorEntry& entry = shard->entries()[i];
        if (missing.erase(entry.name) == 0) {
          fail(Kind::input, "{} holds tensor {}, which the index does not place there", path,
               printable(entry.name));
        }
        entries_.push_back(entry);
        places_.push_back({shard.get(), i});
      }
      if (!missing.empty()) {
        fail(Kind::input, "{} lacks tensor {}, which the index places there", path,
             printable(*missing.begin()));
      }
      if (metadata_.is_null()) metadata_ = shard->metadata();
    }
  }
  [[nodiscard]] const std::vector<TensorEntry>& entries() const override { return entries_; }
  [[nodiscard]] Tensor read(std::size_t i) const override {
    return places_.at(i).shard->read(places_[i].number);
  }
  [[nodiscard]] std::uint64_t glance(std::size_t i) const override {
    return places_.at(i).shard->glance(places_[i].number);
  }
  [[nodiscard]] std::uint64_t memory(std::size_t i) const override {
    const TensorSource& shard = *places_.at(i).shard;
    return shard.memory(places_[i].number) + held_ - shard.held();
  }
  [[nodiscard]] Json metadata() const override { return metadata_; }

 private:
  struct Place {
    const TensorSource* shard;
    std::size_t number;
  };
  std::vector<std::unique_ptr<TensorSource>> shards_;
  std::vector<TensorEntry> entries_;
  std::vector<Place> places_;
  Json metadata_;
  std::uint64_t held_ = 0;  // bytes, of all shards
};

}  // namespace

bool names_index(const std::string& path) { return path.ends_with(".index.json"); }

Sharded open_shards(const std::string& index, std::uint64_t max_memory) {
  Sharded out{nullptr, {index}};
  out.source = std::make_unique<ShardedSource>(index, out.files, max_memory);
  return out;
}

}  // namespace mx
