// SPDX-License-Identifier: Apache-2.0
// A block made ready to run. Each block type has its step in engine/blocks/, and its line at the
// end of this header. A step is run by many threads at once, each with its own rows and scratch.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "engine/kernels/kernels.h"
#include "engine/observer.h"
#include "net/network.h"
#include "tensor/tensor.h"

namespace mx::engine {

class Step {
 public:
  Step() = default;
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;
  virtual ~Step() = default;
  // x: [rows, numbers in], y: [rows, numbers out]. When in_place(), y is null and x is changed.
  virtual void run(float* x, float* y, std::size_t rows, float* scratch) const = 0;
  [[nodiscard]] virtual bool in_place() const { return false; }
  [[nodiscard]] virtual std::size_t scratch() const { return 0; }  // floats
};

using WeightsByName = std::unordered_map<std::string_view, const Weight*>;
[[nodiscard]] WeightsByName by_name(std::span<const Weight> weights);

// What a step is made from. Steps keep packed copies, no pointers into it.
struct StepInput {
  const Kernels& kernels;
  std::span<const Weight> weights;
  Shape input, output;  // of one row
  MapObserver* observer = nullptr;
  const WeightsByName* by_name = nullptr;  // of `weights`, where more than a few are asked for

  [[nodiscard]] const Weight& weight(
      std::string_view name) const;  // it is there: they were checked
  [[nodiscard]] std::vector<float> floats(const std::string& name) const;
};

// `count` floats of a zeroed buffer, aligned for the kernels.
[[nodiscard]] Buffer zeros(std::size_t bytes);

// Null: the block changes nothing here (flatten, dropout).
using StepPointer = std::unique_ptr<Step>;
[[nodiscard]] StepPointer make_step(const InputBlock& block, const StepInput& from);
[[nodiscard]] StepPointer make_step(const Linear& block, const StepInput& from);
[[nodiscard]] StepPointer make_step(const Conv2d& block, const StepInput& from);
[[nodiscard]] StepPointer make_step(const Pool2d& block, const StepInput& from);
[[nodiscard]] StepPointer make_step(const Activation& block, const StepInput& from);
[[nodiscard]] StepPointer make_step(const BatchNorm& block, const StepInput& from);
[[nodiscard]] StepPointer make_step(const LayerNorm& block, const StepInput& from);
[[nodiscard]] StepPointer make_step(const Flatten& block, const StepInput& from);
[[nodiscard]] StepPointer make_step(const Dropout& block, const StepInput& from);

[[nodiscard]] StepPointer make_step(const RmsNorm& block, const StepInput& from);
// Blocks on tokens are run by tokens.h.
template <class T>
[[nodiscard]] StepPointer make_step(const T& block, const StepInput& /*from*/) {
  fail(Kind::input, "the block type '{}' is not run on rows", type_of({block}));
}

}  // namespace mx::engine
