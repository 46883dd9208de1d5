// SPDX-License-Identifier: Apache-2.0
#include "engine/step.h"

namespace mx::engine {
namespace {

class PoolStep final : public Step {
 public:
  PoolStep(const Pool2d& block, const StepInput& from)
      : max_(block.max),
        size_(static_cast<std::size_t>(block.size)),
        stride_(static_cast<std::size_t>(block.stride)),
        channels_(static_cast<std::size_t>(from.input[0])),
        height_(static_cast<std::size_t>(from.input[1])),
        width_(static_cast<std::size_t>(from.input[2])),
        out_height_(static_cast<std::size_t>(from.output[1])),
        out_width_(static_cast<std::size_t>(from.output[2])) {}

  void run(float* x, float* y, std::size_t rows, float* /*scratch*/) const override {
    for (std::size_t image = 0; image < rows * channels_; ++image) {
      for (std::size_t line = 0; line < out_height_; ++line) {
        const float* from = x + (image * height_ + line * stride_) * width_;
        if (max_ && size_ == 2 && stride_ == 2) {
          halve(from, y);
        } else {
          pool_line(from, y);
        }
        y += out_width_;
      }
    }
  }

 private:
  static float larger(float a, float b) { return a > b || a != a ? a : b; }  // NaN stays

  void halve(const float* from, float* y) const {
    for (std::size_t i = 0; i < out_width_; ++i) {
      const float* at = from + 2 * i;
      y[i] = larger(larger(at[0], at[1]), larger(at[width_], at[width_ + 1]));
    }
  }

  void pool_line(const float* from, float* y) const {
    for (std::size_t i = 0; i < out_width_; ++i) {
      const float* at = from + i * stride_;
      float sum = 0;
      float largest = at[0];
      for (std::size_t dy = 0; dy < size_; ++dy) {
        for (std::size_t dx = 0; dx < size_; ++dx) {
          sum += at[dy * width_ + dx];
          largest = larger(at[dy * width_ + dx], largest);
        }
      }
      y[i] = max_ ? largest : sum / static_cast<float>(size_ * size_);
    }
  }

  bool max_;
  std::size_t size_, stride_, channels_, height_, width_, out_height_, out_width_;
};

}  // namespace

StepPointer make_step(const Pool2d& block, const StepInput& from) {
  return std::make_unique<PoolStep>(block, from);
}

}  // namespace mx::engine
