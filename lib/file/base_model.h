// SPDX-License-Identifier: Apache-2.0
// The model that another one is stored as differences to, read tensor by tensor. What is used of it
// is what its identity is of: each section is held against the index' digest when it is read.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/threads.h"
#include "file/model.h"
#include "io/input.h"

namespace mx {

struct Trust;  // signatures.h

class BaseModel {
 public:
  // A regular file; throws Kind::input. max_memory: as of ReadOptions, for one tensor.
  BaseModel(const std::string& path, ThreadPool& pool, const Trust* trust = nullptr,
            std::uint64_t max_memory = 0);
  BaseModel(std::unique_ptr<io::Input> in, ThreadPool& pool, std::uint64_t max_memory = 0);
  ~BaseModel();
  BaseModel(const BaseModel&) = delete;
  BaseModel& operator=(const BaseModel&) = delete;

  [[nodiscard]] const Sha256& identity() const;
  // Its tensor with that entry, if it has one. Throws Kind::input when that is itself stored as a
  // difference. For one thread.
  [[nodiscard]] std::optional<Weight> like(const TensorEntry& entry) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mx
