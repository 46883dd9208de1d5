// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "engine/step.h"

namespace mx::engine {
namespace {

// With running statistics a batch normalization is one multiply-add per number.
class BatchNormStep final : public Step {
 public:
  BatchNormStep(const BatchNorm& block, const StepInput& from)
      : channels_(static_cast<std::size_t>(block.dim)),
        inside_(element_count(from.input) / channels_),
        scale_(from.floats(block.name + ".weight")),
        shift_(from.floats(block.name + ".bias")) {
    const std::vector<float> mean = from.floats(block.name + ".mean");
    const std::vector<float> var = from.floats(block.name + ".var");
    for (std::size_t c = 0; c < channels_; ++c) {
      const double scale = scale_[c] / std::sqrt(static_cast<double>(var[c]) + block.eps);
      shift_[c] = static_cast<float>(shift_[c] - mean[c] * scale);
      scale_[c] = static_cast<float>(scale);
    }
  }
  [[nodiscard]] bool in_place() const override { return true; }
  void run(float* x, float* /*y*/, std::size_t rows, float* /*scratch*/) const override {
    for (std::size_t i = 0; i < rows * channels_; ++i) {
      const std::size_t c = i % channels_;
      for (std::size_t j = 0; j < inside_; ++j) x[j] = x[j] * scale_[c] + shift_[c];
      x += inside_;
    }
  }

 private:
  std::size_t channels_, inside_;
  std::vector<float> scale_, shift_;
};

class LayerNormStep final : public Step {
 public:
  LayerNormStep(const LayerNorm& block, const StepInput& from)
      : dim_(static_cast<std::size_t>(block.dim)),
        lines_(element_count(from.input) / dim_),
        eps_(block.eps),
        weight_(from.floats(block.name + ".weight")),
        bias_(from.floats(block.name + ".bias")) {}
  [[nodiscard]] bool in_place() const override { return true; }
  void run(float* x, float* /*y*/, std::size_t rows, float* /*scratch*/) const override {
    for (std::size_t line = 0; line < rows * lines_; ++line, x += dim_) {
      double mean = 0;
      for (std::size_t i = 0; i < dim_; ++i) mean += x[i];
      mean /= static_cast<double>(dim_);
      double variance = 0;
      for (std::size_t i = 0; i < dim_; ++i) variance += (x[i] - mean) * (x[i] - mean);
      const double scale = 1 / std::sqrt(variance / static_cast<double>(dim_) + eps_);
      for (std::size_t i = 0; i < dim_; ++i) {
        x[i] = static_cast<float>((x[i] - mean) * scale) * weight_[i] + bias_[i];
      }
    }
  }

 private:
  std::size_t dim_, lines_;
  double eps_;
  std::vector<float> weight_, bias_;
};

class RmsNormStep final : public Step {
 public:
  RmsNormStep(const RmsNorm& block, const StepInput& from)
      : dim_(static_cast<std::size_t>(block.dim)),
        lines_(element_count(from.input) / dim_),
        eps_(block.eps),
        weight_(from.floats(block.name + ".weight")) {}
  [[nodiscard]] bool in_place() const override { return true; }
  void run(float* x, float* /*y*/, std::size_t rows, float* /*scratch*/) const override {
    for (std::size_t line = 0; line < rows * lines_; ++line, x += dim_) {
      double squares = 0;
      for (std::size_t i = 0; i < dim_; ++i) squares += static_cast<double>(x[i]) * x[i];
      const auto scale =
          static_cast<float>(1 / std::sqrt(squares / static_cast<double>(dim_) + eps_));
      for (std::size_t i = 0; i < dim_; ++i) x[i] = x[i] * scale * weight_[i];
    }
  }

 private:
  std::size_t dim_, lines_;
  double eps_;
  std::vector<float> weight_;
};

}  // namespace

StepPointer make_step(const BatchNorm& block, const StepInput& from) {
  return std::make_unique<BatchNormStep>(block, from);
}
StepPointer make_step(const RmsNorm& block, const StepInput& from) {
  return std::make_unique<RmsNormStep>(block, from);
}
StepPointer make_step(const LayerNorm& block, const StepInput& from) {
  return std::make_unique<LayerNormStep>(block, from);
}

}  // namespace mx::engine
