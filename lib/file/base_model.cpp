// SPDX-License-Identifier: Apache-2.0
#include "file/base_model.h"

#include <algorithm>

#include "base/error.h"
#include "file/adapter.h"
#include "file/reader.h"
#include "file/signatures.h"

namespace mx {

struct BaseModel::State {
  std::unique_ptr<io::Input> in;
  ThreadPool& pool;
  Overview overview;
};

BaseModel::BaseModel(const std::string& path, ThreadPool& pool, const Trust* trust)
    : state_(new State{open_model(path, trust), pool, {}}) {
  if (!state_->in->seekable()) {
    throw Error{Kind::input, fmt::format("{} is no regular file, which a base must be", path),
                "write it to a file first"};
  }
  state_->overview = read_overview(*state_->in);
  refuse_adapter(state_->overview.header, path);
}
BaseModel::~BaseModel() = default;

const Sha256& BaseModel::identity() const { return state_->overview.identity; }

std::optional<Weight> BaseModel::like(const TensorEntry& entry) const {
  const auto& own = state_->overview.header.tensors;
  if (std::ranges::find(own, entry) == own.end()) return std::nullopt;
  return read_weight(*state_->in, state_->overview, entry.name, state_->pool);
}

}  // namespace mx
