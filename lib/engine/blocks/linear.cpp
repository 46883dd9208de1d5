// SPDX-License-Identifier: Apache-2.0
#include "engine/packed_map.h"
#include "engine/step.h"

namespace mx::engine {
namespace {

class LinearStep final : public Step {
 public:
  LinearStep(const Linear& block, const StepInput& from)
      : map_(from.weight(block.tied.empty() ? block.name + ".weight" : block.tied), from.kernels,
             from.observer),
        rows_per_row_(element_count(from.input) / map_.inputs()) {
    if (block.bias) bias_ = padded(from.floats(block.name + ".bias"), from.kernels.panel);
  }
  void run(float* x, float* y, std::size_t rows, float* /*scratch*/) const override {
    map_.run(x, rows * rows_per_row_, bias_, y);
  }

 private:
  PackedMap map_;
  std::size_t rows_per_row_;
  Buffer bias_;
};

}  // namespace

StepPointer make_step(const Linear& block, const StepInput& from) {
  return std::make_unique<LinearStep>(block, from);
}

}  // namespace mx::engine
