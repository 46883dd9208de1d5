// SPDX-License-Identifier: Apache-2.0
// The model that another one is stored as differences to, read tensor by tensor.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/threads.h"
#include "file/model.h"

namespace mx {

struct Trust;  // signatures.h

class BaseModel {
 public:
  // A regular file; throws Kind::input.
  BaseModel(const std::string& path, ThreadPool& pool, const Trust* trust = nullptr);
  ~BaseModel();
  BaseModel(const BaseModel&) = delete;
  BaseModel& operator=(const BaseModel&) = delete;

  [[nodiscard]] const Sha256& identity() const;
  // Its tensor with that entry, if it has one. Throws Kind::input when that is itself stored as a
  // difference.
  [[nodiscard]] std::optional<Weight> like(const TensorEntry& entry) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mx
