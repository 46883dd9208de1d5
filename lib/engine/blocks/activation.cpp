// SPDX-License-Identifier: Apache-2.0
#include "engine/step.h"

namespace mx::engine {
namespace {

class ActivationStep final : public Step {
 public:
  ActivationStep(Act kind, const StepInput& from)
      : kernels_(from.kernels), kind_(kind), size_(element_count(from.input)) {}
  [[nodiscard]] bool in_place() const override { return true; }
  void run(float* x, float* /*y*/, std::size_t rows, float* /*scratch*/) const override {
    kernels_.activate(kind_, x, rows * size_);
  }

 private:
  const Kernels& kernels_;
  Act kind_;
  std::size_t size_;
};

}  // namespace

StepPointer make_step(const Activation& block, const StepInput& from) {
  if (block.kind == Act::none) return nullptr;
  return std::make_unique<ActivationStep>(block.kind, from);
}

}  // namespace mx::engine
