// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <string>
#include <vector>

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
        kernel_(size(block.kernel)),
        stride_(size(block.stride)),
        padding_(size(block.padding)),
        in_(size(block.in)),
        out_(size(block.out)),
        height_(size(from.input[1])),
        width_(size(from.input[2])),
        out_height_(size(from.output[1])),
        out_width_(size(from.output[2])),
        wide_(width_ + 2 * padding_),
        image_((height_ + 2 * padding_) * wide_),
        weight_(from.floats(block.name + ".weight")),
        bias_(block.bias ? from.floats(block.name + ".bias") : std::vector<float>(out_)) {
    const std::size_t line = stride_ == 1 ? wide_ : out_width_;
    const std::size_t used = (out_height_ - 1) * line + out_width_;
    positions_ = (used + kernels_.panel - 1) / kernels_.panel * kernels_.panel;
    line_ = line;
    for (std::size_t k = 0; k < in_ * kernel_ * kernel_; ++k) {
      offset_.push_back(stride_ == 1 ? source(k) : k * positions_);
    }
  }

  [[nodiscard]] std::size_t scratch() const override {
    return bordered() + windows() + out_ * positions_;
  }

  void run(float* x, float* y, std::size_t rows, float* scratch) const override {
    float* windows = scratch + bordered();
    float* result = windows + this->windows();
    std::memset(scratch, 0, (bordered() + this->windows()) * sizeof(float));
    for (std::size_t r = 0; r < rows; ++r) {
      add_borders(x + r * in_ * height_ * width_, scratch);
      if (observer_ != nullptr) show(scratch);
      if (stride_ != 1) lay_out(scratch, windows);
      kernels_.conv({.weight = weight_.data(),
                     .rows = out_,
                     .k = offset_.size(),
                     .image = stride_ == 1 ? scratch : windows,
                     .offset = offset_.data(),
                     .positions = positions_,
                     .bias = bias_.data(),
                     .y = result});
      for (std::size_t line = 0; line < out_ * out_height_; ++line) {
        const std::size_t from = line / out_height_ * positions_ + line % out_height_ * line_;
        std::memcpy(y, result + from, out_width_ * sizeof(float));
        y += out_width_;
      }
    }
  }

 private:
  static std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

  // Where in the bordered image the k-th weight's window begins.
  [[nodiscard]] std::size_t source(std::size_t k) const {
    const std::size_t channel = k / (kernel_ * kernel_);
    return channel * image_ + k / kernel_ % kernel_ * wide_ + k % kernel_;
  }
  // The bordered image, and what the kernel may read behind it.
  [[nodiscard]] std::size_t bordered() const { return in_ * image_ + kernels_.panel; }
  [[nodiscard]] std::size_t windows() const {
    return stride_ == 1 ? 0 : offset_.size() * positions_;
  }

  void add_borders(const float* x, float* to) const {
    for (std::size_t channel = 0; channel < in_; ++channel) {
      for (std::size_t line = 0; line < height_; ++line) {
        std::memcpy(to + channel * image_ + (line + padding_) * wide_ + padding_,
                    x + (channel * height_ + line) * width_, width_ * sizeof(float));
      }
    }
  }
  void lay_out(const float* image, float* to) const {
    for (std::size_t k = 0; k < offset_.size(); ++k) {
      for (std::size_t p = 0; p < out_height_ * out_width_; ++p) {
        to[offset_[k] + p] =
            image[source(k) + p / out_width_ * stride_ * wide_ + p % out_width_ * stride_];
      }
    }
  }

  // To the observer, a convolution is a linear map applied to each window.
  void show(const float* image) const {
    std::vector<float> windows;
    windows.reserve(out_height_ * out_width_ * offset_.size());
    for (std::size_t p = 0; p < out_height_ * out_width_; ++p) {
      const std::size_t at = p / out_width_ * stride_ * wide_ + p % out_width_ * stride_;
      for (std::size_t k = 0; k < offset_.size(); ++k) windows.push_back(image[source(k) + at]);
    }
    observer_->see(name_, windows);
  }

  const Kernels& kernels_;
  MapObserver* observer_;
  std::string name_;
  std::size_t kernel_, stride_, padding_, in_, out_, height_, width_, out_height_, out_width_;
  std::size_t wide_, image_;              // of the bordered image: a line, a channel
  std::size_t positions_ = 0, line_ = 0;  // of the kernel's output: all, a line
  std::vector<std::size_t> offset_;
  std::vector<float> weight_, bias_;
};

}  // namespace

StepPointer make_step(const Conv2d& block, const StepInput& from) {
  return std::make_unique<ConvStep>(block, from);
}

}  // namespace mx::engine
