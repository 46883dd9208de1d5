// SPDX-License-Identifier: Apache-2.0
// The one source of the kernels, a template over the instruction set:
//   Simd::V, Simd::I          vectors of Simd::kWidth floats and of as many 32-bit integers
//   Simd::kRows               rows of a full register block, of 2 vectors each
//   Simd::fma(a, b, c)        a * b + c
//   Simd::load(p), store(p, v), Simd::load of int8 as floats, Simd::broadcast(x)
// Simd lives in an unnamed namespace of the file that includes this, so that nothing compiled for
// one instruction set can be linked into code for another. No inline function of another header may
// be called here for the same reason.
//
// Register blocking after Goto and van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication" (2008): 12 x 32 with 24 accumulators on AVX-512. On one core of a busy machine
// whose peak() is 243 GF/s, 64-512-256-10 reaches 81 % of it in batches of 48 rows and more (int8
// weights 76 %), 30 % row by row; LeNet-5 on 28 x 28 reaches 40 %, its first layer having too few
// channels to fill a block (`mx-infer bench`).
#pragma once

#include <utility>

#include "engine/kernels/activation_source.h"
#include "engine/kernels/attention_source.h"
#include "engine/kernels/kernels.h"

namespace mx::engine {

template <class Simd>
struct KernelSource {
  using V = typename Simd::V;
  static constexpr std::size_t kWidth = Simd::kWidth;
  static constexpr std::size_t kPanel = 2 * kWidth;
  static constexpr std::size_t kRows = Simd::kRows;

  static void store_first(float* to, V value, std::size_t count) {
    if (count >= kWidth) {
      Simd::store(to, value);
      return;
    }
    float all[kWidth];
    Simd::store(all, value);
    for (std::size_t i = 0; i < count; ++i) to[i] = all[i];
  }

  // Few rows are computed over several panels at once, to keep as many chains in flight.
  static constexpr std::size_t panels_beside(std::size_t rows) {
    const std::size_t fit = kRows / rows;
    return fit > 4 ? 4 : fit;
  }

  static V load_first(const float* from, std::size_t count) {
    if (count >= kWidth) return Simd::load(from);
    float all[kWidth] = {};
    for (std::size_t i = 0; i < count; ++i) all[i] = from[i];
    return Simd::load(all);
  }

  template <std::size_t Rows, std::size_t Vectors, class Args>
  static void load_sums(const Args& args, std::size_t row, std::size_t column, std::size_t stride,
                        V (&sum)[Rows][Vectors]) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < Vectors; ++j) {
      const std::size_t at = column + j * kWidth;
      if (at >= args.columns) break;
#pragma GCC unroll 12
      for (std::size_t r = 0; r < Rows; ++r) {
        sum[r][j] = load_first(args.y + (row + r) * stride + at, args.columns - at);
      }
    }
  }

  // Rows x (Vectors * kWidth) outputs, from `row` and `column` on. The loops over registers are
  // unrolled by pragma: only then does GCC keep `sum` in registers. Rows are reached from
  // every third one, so that the pointers fit into registers too.
  template <class W, std::size_t Rows, std::size_t Vectors>
  static void linear_block(const LinearArgs<W>& args, std::size_t row, std::size_t column) {
    constexpr std::size_t kThirds = (Rows + 2) / 3;
    const std::size_t y_stride = args.y_stride != 0 ? args.y_stride : args.columns;
    V sum[Rows][Vectors];
#pragma GCC unroll 12
    for (std::size_t r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
      for (std::size_t j = 0; j < Vectors; ++j) sum[r][j] = Simd::broadcast(0);
    }
    if (args.add) load_sums<Rows, Vectors>(args, row, column, y_stride, sum);
    const std::size_t stride = args.x_stride != 0 ? args.x_stride : args.k;
    const float* x[kThirds];
#pragma GCC unroll 4
    for (std::size_t t = 0; t < kThirds; ++t) x[t] = args.x + (row + 3 * t) * stride;
    const W* weight = args.packed + column * args.k;
    const std::size_t panel_stride = args.k * kPanel;
    for (std::size_t k = 0; k < args.k; ++k) {
      V w[Vectors];
#pragma GCC unroll 8
      for (std::size_t j = 0; j < Vectors; ++j) {
        w[j] = Simd::load(weight + (j / 2) * panel_stride + (j % 2) * kWidth);
      }
#pragma GCC unroll 12
      for (std::size_t r = 0; r < Rows; ++r) {
        const V one = Simd::broadcast(x[r / 3][r % 3 * stride]);
#pragma GCC unroll 8
        for (std::size_t j = 0; j < Vectors; ++j) sum[r][j] = Simd::fma(one, w[j], sum[r][j]);
      }
#pragma GCC unroll 4
      for (std::size_t t = 0; t < kThirds; ++t) ++x[t];
      weight += kPanel;
    }
#pragma GCC unroll 8
    for (std::size_t j = 0; j < Vectors; ++j) {
      const std::size_t at = column + j * kWidth;
      if (at >= args.columns) break;
      const V scale = args.scale != nullptr ? Simd::load(args.scale + at) : Simd::broadcast(1);
      const V bias = args.bias != nullptr ? Simd::load(args.bias + at) : Simd::broadcast(0);
      float* y = args.y + row * y_stride + at;
      const std::size_t count = args.columns - at;
#pragma GCC unroll 12
      for (std::size_t r = 0; r < Rows; ++r) {
        store_first(y + r * y_stride, Simd::fma(sum[r][j], scale, bias), count);
      }
    }
  }

  template <class W, std::size_t Rows>
  static void linear_rows(const LinearArgs<W>& args, std::size_t row, std::size_t first,
                          std::size_t last) {
    constexpr std::size_t kPanels = panels_beside(Rows);
    std::size_t column = first;
    for (; column + kPanels * kPanel <= last; column += kPanels * kPanel) {
      linear_block<W, Rows, 2 * kPanels>(args, row, column);
    }
    for (; column + kWidth < last; column += kPanel) linear_block<W, Rows, 2>(args, row, column);
    if (column < last) linear_block<W, Rows, 1>(args, row, column);
  }

  // The rows that are left over, fewer than `Rows`.
  template <class W, std::size_t Rows>
  static void linear_rest(const LinearArgs<W>& args, std::size_t row, std::size_t first,
                          std::size_t last) {
    if constexpr (Rows > 1) {
      if (args.rows - row == Rows - 1) {
        linear_rows<W, Rows - 1>(args, row, first, last);
      } else {
        linear_rest<W, Rows - 1>(args, row, first, last);
      }
    }
  }

  template <class W>
  static void linear(const LinearArgs<W>& args) {
    // So many columns of the weight stay in the second-level cache while all rows pass.
    constexpr std::size_t kCacheBytes = 256U << 10U;
    std::size_t wide = kCacheBytes / (args.k * sizeof(W)) / (4 * kPanel) * (4 * kPanel);
    if (wide == 0) wide = 4 * kPanel;
    for (std::size_t first = 0; first < args.columns; first += wide) {
      const std::size_t last = args.columns - first < wide ? args.columns : first + wide;
      std::size_t row = 0;
      for (; row + kRows <= args.rows; row += kRows) linear_rows<W, kRows>(args, row, first, last);
      linear_rest<W, kRows>(args, row, first, last);
    }
  }

  template <std::size_t Rows>
  static void conv_block(const ConvArgs& args, std::size_t row, std::size_t position) {
    constexpr std::size_t kThirds = (Rows + 2) / 3;
    V sum[Rows][2];
#pragma GCC unroll 12
    for (std::size_t r = 0; r < Rows; ++r) sum[r][0] = sum[r][1] = Simd::broadcast(0);
    const std::size_t stride = args.k;
    const float* weight[kThirds];
#pragma GCC unroll 4
    for (std::size_t t = 0; t < kThirds; ++t) weight[t] = args.weight + (row + 3 * t) * stride;
    for (std::size_t k = 0; k < stride; ++k) {
      const float* image = args.image + args.offset[k] + position;
      const V left = Simd::load(image);
      const V right = Simd::load(image + kWidth);
#pragma GCC unroll 12
      for (std::size_t r = 0; r < Rows; ++r) {
        const V one = Simd::broadcast(weight[r / 3][r % 3 * stride]);
        sum[r][0] = Simd::fma(one, left, sum[r][0]);
        sum[r][1] = Simd::fma(one, right, sum[r][1]);
      }
#pragma GCC unroll 4
      for (std::size_t t = 0; t < kThirds; ++t) ++weight[t];
    }
#pragma GCC unroll 12
    for (std::size_t r = 0; r < Rows; ++r) {
      const V bias = Simd::broadcast(args.bias[row + r]);
      float* y = args.y + (row + r) * args.positions + position;
      Simd::store(y, sum[r][0] + bias);
      Simd::store(y + kWidth, sum[r][1] + bias);
    }
  }

  template <std::size_t Rows>
  static void conv_rest(const ConvArgs& args, std::size_t row, std::size_t position) {
    if constexpr (Rows > 1) {
      if (args.rows - row == Rows - 1) {
        conv_block<Rows - 1>(args, row, position);
      } else {
        conv_rest<Rows - 1>(args, row, position);
      }
    }
  }

  static void conv(const ConvArgs& args) {
    for (std::size_t position = 0; position < args.positions; position += kPanel) {
      std::size_t row = 0;
      for (; row + kRows <= args.rows; row += kRows) conv_block<kRows>(args, row, position);
      conv_rest<kRows>(args, row, position);
    }
  }

  // a[0], b[0], a[1], b[1], ...: the first half of it, or the second.
  template <std::size_t From, std::size_t... I>
  static V interleaved(V a, V b, std::index_sequence<I...> /*lanes*/) {
    return __builtin_shufflevector(a, b, (From + I / 2 + I % 2 * kWidth)...);
  }

  // Squares of kWidth by kWidth are turned in registers: interleaving line i with line i + half,
  // log2(kWidth) times, is a transposition.
  static void transpose_square(const float* from, std::size_t from_stride, float* to,
                               std::size_t to_stride) {
    using Lanes = std::make_index_sequence<kWidth>;
    constexpr std::size_t kHalf = kWidth / 2;
    V line[kWidth];
#pragma GCC unroll 16
    for (std::size_t j = 0; j < kWidth; ++j) line[j] = Simd::load(from + j * from_stride);
#pragma GCC unroll 4
    for (std::size_t size = 1; size < kWidth; size *= 2) {
      V mixed[kWidth];
#pragma GCC unroll 8
      for (std::size_t i = 0; i < kHalf; ++i) {
        mixed[2 * i] = interleaved<0>(line[i], line[i + kHalf], Lanes());
        mixed[2 * i + 1] = interleaved<kHalf>(line[i], line[i + kHalf], Lanes());
      }
#pragma GCC unroll 16
      for (std::size_t i = 0; i < kWidth; ++i) line[i] = mixed[i];
    }
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kWidth; ++i) Simd::store(to + i * to_stride, line[i]);
  }

  static void transpose(const TransposeArgs& args) {
    for (std::size_t i = 0; i < args.rows; i += kWidth) {
      const std::size_t rows = args.rows - i < kWidth ? args.rows - i : kWidth;
      for (std::size_t j = 0; j < args.columns; j += kWidth) {
        const std::size_t columns = args.columns - j < kWidth ? args.columns - j : kWidth;
        const float* const from = args.from + j * args.from_stride + i;
        float* const to = args.to + i * args.to_stride + j;
        if (rows == kWidth && columns == kWidth) {
          transpose_square(from, args.from_stride, to, args.to_stride);
          continue;
        }
        for (std::size_t c = 0; c < columns; ++c) {
          for (std::size_t r = 0; r < rows; ++r) {
            to[r * args.to_stride + c] = from[c * args.from_stride + r];
          }
        }
      }
    }
  }

  // Multiply-adds in registers only: so many chains that no one waits for another.
  static float peak(std::size_t rounds) {
    constexpr std::size_t kChains = 10;
    V sum[kChains];
#pragma GCC unroll 10
    for (std::size_t i = 0; i < kChains; ++i) sum[i] = Simd::broadcast(static_cast<float>(i));
    const V factor = Simd::broadcast(0.5F);
    for (std::size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 10
      for (std::size_t i = 0; i < kChains; ++i) sum[i] = Simd::fma(sum[i], factor, factor);
    }
    V all = sum[0];
#pragma GCC unroll 10
    for (std::size_t i = 1; i < kChains; ++i) all = all + sum[i];
    float out[kWidth];
    Simd::store(out, all);
    return out[0];
  }

  static Kernels table(const char* name) {
    return {name,
            kPanel,
            kRows,
            linear<float>,
            linear<std::int8_t>,
            conv,
            AttentionSource<Simd>::attend,
            transpose,
            ActivationSource<Simd>::activate,
            peak,
            20 * kWidth};
  }
};

}  // namespace mx::engine
