// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "base/checked.h"
#include "engine/step.h"

namespace mx::engine {
namespace {

// [columns, k] -> panels of `panel` columns, each [k, panel], the last one filled up with zeros.
template <class W>
Buffer pack(std::span<const W> weight, std::size_t columns, std::size_t k, std::size_t panel) {
  const std::size_t whole = (columns + panel - 1) / panel * panel;
  Buffer out = zeros(checked_mul(checked_mul(whole, k, "a weight"), sizeof(W), "a weight"));
  W* to = reinterpret_cast<W*>(out.data());
  for (std::size_t c = 0; c < columns; ++c) {
    W* at = to + c / panel * panel * k + c % panel;
    for (std::size_t i = 0; i < k; ++i) at[i * panel] = weight[c * k + i];
  }
  return out;
}

Buffer padded(std::span<const float> values, std::size_t panel) {
  Buffer out = zeros((values.size() + panel - 1) / panel * panel * sizeof(float));
  std::memcpy(out.data(), values.data(), values.size() * sizeof(float));
  return out;
}

const float* floats_or_null(const Buffer& buffer) {
  return buffer.size() == 0 ? nullptr : reinterpret_cast<const float*>(buffer.data());
}

// int8 weights stay int8: the kernel widens the codes exactly and multiplies each output by its
// scale, with activations in fp32. So nothing is lost against weights widened beforehand, and a
// quarter of the bytes is read.
class LinearStep final : public Step {
 public:
  LinearStep(const Linear& block, const StepInput& from)
      : kernels_(from.kernels),
        k_(static_cast<std::size_t>(block.in)),
        columns_(static_cast<std::size_t>(block.out)),
        rows_per_row_(element_count(from.input) / k_) {
    const Weight& weight = from.weight(block.tied.empty() ? block.name + ".weight" : block.tied);
    quantized_ = weight.scheme == Scheme::channel;
    if (quantized_) {
      packed_ = pack(weight.values.as<std::int8_t>(), columns_, k_, kernels_.panel);
      scale_ = padded(weight.scales.as<float>(), kernels_.panel);
    } else {
      const Tensor plain = to_f32(weight);
      packed_ = pack(plain.as<float>(), columns_, k_, kernels_.panel);
    }
    if (block.bias) bias_ = padded(from.floats(block.name + ".bias"), kernels_.panel);
  }

  void run(float* x, float* y, std::size_t rows, float* /*scratch*/) const override {
    if (quantized_) {
      kernels_.linear_i8(args<std::int8_t>(x, y, rows));
    } else {
      kernels_.linear_f32(args<float>(x, y, rows));
    }
  }

 private:
  template <class W>
  [[nodiscard]] LinearArgs<W> args(const float* x, float* y, std::size_t rows) const {
    return {.x = x,
            .rows = rows * rows_per_row_,
            .k = k_,
            .columns = columns_,
            .packed = reinterpret_cast<const W*>(packed_.data()),
            .scale = floats_or_null(scale_),
            .bias = floats_or_null(bias_),
            .y = y};
  }

  const Kernels& kernels_;
  std::size_t k_, columns_, rows_per_row_;
  bool quantized_ = false;
  Buffer packed_, scale_, bias_;
};

}  // namespace

StepPointer make_step(const Linear& block, const StepInput& from) {
  return std::make_unique<LinearStep>(block, from);
}

}  // namespace mx::engine
