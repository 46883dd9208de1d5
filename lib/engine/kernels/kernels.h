// SPDX-License-Identifier: Apache-2.0
// The engine's inner loops, one table of them per instruction set. All tables are made from one
// source (kernel_source.h); which one is used is decided once.
// Every output is one chain of multiply-adds in the order of k, whatever the blocking, so that a
// row's result does not depend on the rows beside it. Between instruction sets the last bits differ
// (portable has no fused multiply-add).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "net/network.h"

namespace mx::engine {

// y[r, c] = scale[c] * sum over k of x[r, k] * weight[c, k] + bias[c]; with `add`, the sum begins
// at the y that is there
template <class W>
struct LinearArgs {
  const float* x;  // [rows, k]
  std::size_t rows, k, columns;
  // Panels of Kernels::panel columns, each [k, panel]; the last one filled up with zeros.
  const W* packed;
  const float* scale;                      // [columns, filled up to whole panels], or null for ones
  const float* bias;                       // as scale, or null for zeros
  float* y;                                // [rows, columns]
  std::size_t x_stride = 0, y_stride = 0;  // from row to row; 0: k, columns
  bool add = false;
};

// y[r, p] = sum over k of weight[r, k] * image[offset[k] + p] + bias[r]
struct ConvArgs {
  const float* weight;  // [rows, k]
  std::size_t rows, k;
  const float* image;  // readable up to the largest offset + positions
  const std::size_t* offset;
  std::size_t positions;  // a multiple of Kernels::panel
  const float* bias;      // [rows]
  float* y;               // [rows, positions]
};

// out = sum over j of p[j] * values[j], p = softmax over j of scale * query . keys[j]. Keys and
// values of `size` numbers stand `stride` apart.
struct AttendArgs {
  const float* query;
  const float* keys;
  const float* values;
  std::size_t size, stride, count;
  float scale;
  float* scores;  // room for `count` numbers and one panel
  float* out;     // [size]
};

// to[i, j] = from[j, i], for rows i and columns j of `to`.
struct TransposeArgs {
  const float* from;
  std::size_t from_stride;  // from j to j + 1
  std::size_t rows, columns;
  float* to;
  std::size_t to_stride;  // from i to i + 1
};

struct Kernels {
  const char* name;   // "avx512", "avx2", "portable"
  std::size_t panel;  // columns that are computed side by side
  std::size_t tile;   // rows that are computed side by side: batches are best cut at multiples
  void (*linear_f32)(const LinearArgs<float>& args);
  void (*linear_i8)(const LinearArgs<std::int8_t>& args);
  void (*conv)(const ConvArgs& args);
  void (*attend)(const AttendArgs& args);
  void (*transpose)(const TransposeArgs& args);
  void (*activate)(Act act, float* x, std::size_t count);  // in place
  // The machine's limit, to measure the others against: `rounds` rounds of this many operations.
  float (*peak)(std::size_t rounds);
  std::size_t peak_operations;
};

// Those this machine can run, the fastest first; `portable` is always the last.
[[nodiscard]] std::span<const Kernels> supported_kernels();
// The first of them, or the one that MX_KERNELS asks for.
[[nodiscard]] const Kernels& kernels();

// Made in kernels_portable.cpp, kernels_avx2.cpp and kernels_avx512.cpp.
[[nodiscard]] Kernels portable_kernels();
[[nodiscard]] Kernels avx2_kernels();
[[nodiscard]] Kernels avx512_kernels();

}  // namespace mx::engine
