// SPDX-License-Identifier: Apache-2.0
// A linear map packed for the kernels: fp32, or int8 codes with a scale for each row, which the
// kernel widens exactly and multiplies into each output, with activations in fp32. So nothing is
// lost against weights widened beforehand, and a quarter of the bytes is read. An embedding is one
// too: its rows are unpacked one by one, so that a tied head costs no second copy.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/threads.h"
#include "engine/kernels/kernels.h"
#include "engine/observer.h"
#include "tensor/tensor.h"

namespace mx::engine {

// `values` filled up with zeros to whole panels.
[[nodiscard]] Buffer padded(std::span<const float> values, std::size_t panel);

class PackedMap {
 public:
  // weight: [columns, k]. It may go afterwards. The observer sees what the map is applied to.
  PackedMap(const Weight& weight, const Kernels& kernels, MapObserver* observer = nullptr);

  [[nodiscard]] std::size_t inputs() const { return k_; }
  [[nodiscard]] std::size_t outputs() const { return columns_; }
  // y[r] = W x[r] + bias; x: [rows, k], y: [rows, columns]; bias: padded, or empty for none.
  // `pool`, when given, shares large work out by rows, or by columns where there is one row: the
  // same bits.
  void run(const float* x, std::size_t rows, const Buffer& bias, float* y,
           ThreadPool* pool = nullptr) const;
  // Row `number` of the weight: k numbers.
  void row(std::size_t number, float* out) const;

 private:
  // Columns [first, first + count) of `rows` rows.
  void run_part(const float* x, std::size_t rows, const Buffer& bias, float* y, std::size_t first,
                std::size_t count) const;

  const Kernels& kernels_;
  std::size_t k_, columns_;
  bool quantized_ = false;
  Buffer packed_, scale_;
  MapObserver* observer_;
  std::string name_;
};

}  // namespace mx::engine
