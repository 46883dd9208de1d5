// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <string>
#include <vector>

#include "engine/conv_sizes.h"
#include "engine/step.h"

namespace mx::engine {
namespace {

// With stride 1 nothing is copied but the padding: the image with its borders is read at one offset
// per weight, and outputs are computed for whole bordered lines, whose last few are dropped. With a
// larger stride the windows are laid out first (im2col), one line per weight.
class ConvStep final : public Step {
 public:
  ConvStep(const Conv2d& block, const StepInput& from)
      : kernels_(from.kernels),
        observer_(from.observer),
        name_(block.name + ".weight"),
        sizes_(conv_sizes(block, from.input, from.output, from.kernels.panel)),
        weight_(from.floats(block.name + ".weight")),
        bias_(block.bias ? from.floats(block.name + ".bias") : std::vector<float>(sizes_.out)) {
    offset_.reserve(sizes_.k);
    for (std::size_t k = 0; k < sizes_.k; ++k) {
      offset_.push_back(sizes_.stride == 1 ? source(k) : k * sizes_.positions);
    }
  }

  [[nodiscard]] std::size_t scratch() const override { return sizes_.scratch(); }

  void run(float* x, float* y, std::size_t rows, float* scratch) const override {
    float* windows = scratch + sizes_.bordered;
    float* result = windows + sizes_.windows;
    std::memset(scratch, 0, (sizes_.bordered + sizes_.windows) * sizeof(float));
    for (std::size_t r = 0; r < rows; ++r) {
      add_borders(x + r * sizes_.in * sizes_.height * sizes_.width, scratch);
      if (observer_ != nullptr) show(scratch);
      if (sizes_.stride != 1) lay_out(scratch, windows);
      kernels_.conv({.weight = weight_.data(),
                     .rows = sizes_.out,
                     .k = offset_.size(),
                     .image = sizes_.stride == 1 ? scratch : windows,
                     .offset = offset_.data(),
                     .positions = sizes_.positions,
                     .bias = bias_.data(),
                     .y = result});
      for (std::size_t line = 0; line < sizes_.out * sizes_.out_height; ++line) {
        const std::size_t from =
            line / sizes_.out_height * sizes_.positions + line % sizes_.out_height * sizes_.line;
        std::memcpy(y, result + from, sizes_.out_width * sizeof(float));
        y += sizes_.out_width;
      }
    }
  }

 private:
  // Where in the bordered image the k-th weight's window begins.
  [[nodiscard]] std::size_t source(std::size_t k) const {
    const std::size_t channel = k / (sizes_.kernel * sizes_.kernel);
    return channel * sizes_.image + k / sizes_.kernel % sizes_.kernel * sizes_.wide +
           k % sizes_.kernel;
  }
  void add_borders(const float* x, float* to) const {
    for (std::size_t channel = 0; channel < sizes_.in; ++channel) {
      for (std::size_t line = 0; line < sizes_.height; ++line) {
        std::memcpy(
            to + channel * sizes_.image + (line + sizes_.padding) * sizes_.wide + sizes_.padding,
            x + (channel * sizes_.height + line) * sizes_.width, sizes_.width * sizeof(float));
      }
    }
  }
  void lay_out(const float* image, float* to) const {
    for (std::size_t k = 0; k < offset_.size(); ++k) {
      for (std::size_t p = 0; p < sizes_.out_height * sizes_.out_width; ++p) {
        to[offset_[k] + p] = image[source(k) + p / sizes_.out_width * sizes_.stride * sizes_.wide +
                                   p % sizes_.out_width * sizes_.stride];
      }
    }
  }

  // To the observer, a convolution is a linear map applied to each window.
  void show(const float* image) const {
    std::vector<float> windows;
    windows.reserve(sizes_.out_height * sizes_.out_width * offset_.size());
    for (std::size_t p = 0; p < sizes_.out_height * sizes_.out_width; ++p) {
      const std::size_t at =
          p / sizes_.out_width * sizes_.stride * sizes_.wide + p % sizes_.out_width * sizes_.stride;
      for (std::size_t k = 0; k < offset_.size(); ++k) windows.push_back(image[source(k) + at]);
    }
    observer_->see(name_, windows);
  }

  const Kernels& kernels_;
  MapObserver* observer_;
  std::string name_;
  ConvSizes sizes_;
  std::vector<std::size_t> offset_;
  std::vector<float> weight_, bias_;
};

}  // namespace

StepPointer make_step(const Conv2d& block, const StepInput& from) {
  return std::make_unique<ConvStep>(block, from);
}

}  // namespace mx::engine
