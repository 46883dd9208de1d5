// SPDX-License-Identifier: Apache-2.0
#include "file/base_model.h"

#include <map>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "file/adapter.h"
#include "file/reader.h"
#include "file/signatures.h"
#include "file/weight_reader.h"

namespace mx {

struct BaseModel::State {
  std::unique_ptr<io::Input> in;
  Overview overview = {};
  std::map<std::string_view, std::size_t> numbers = {};  // of its tensors, by name
  std::optional<WeightReader> reader = {};
};

BaseModel::BaseModel(const std::string& path, ThreadPool& pool, const Trust* trust,
                     std::uint64_t max_memory)
    : BaseModel(open_model(path, trust), pool, max_memory) {}

BaseModel::BaseModel(std::unique_ptr<io::Input> in, ThreadPool& pool, std::uint64_t max_memory)
    : state_(new State{std::move(in)}) {
  State& state = *state_;
  if (!state.in->seekable()) {
    throw Error{Kind::input,
                fmt::format("{} is no regular file, which a base must be", state.in->name()),
                "write it to a file first"};
  }
  state.overview = read_overview(*state.in, {.max_memory = max_memory});
  refuse_adapter(state.overview.header, state.in->name());
  for (const TensorEntry& entry : state.overview.header.tensors) {
    state.numbers.emplace(entry.name, state.numbers.size());
  }
  state.reader.emplace(*state.in, state.overview, pool, max_memory);
}
BaseModel::~BaseModel() = default;

const Sha256& BaseModel::identity() const { return state_->overview.identity; }

std::optional<Weight> BaseModel::like(const TensorEntry& entry) const {
  const auto found = state_->numbers.find(entry.name);
  if (found == state_->numbers.end() || state_->overview.header.tensors[found->second] != entry) {
    return std::nullopt;
  }
  return state_->reader->read(found->second);
}

}  // namespace mx
