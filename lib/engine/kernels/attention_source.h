// SPDX-License-Identifier: Apache-2.0
// Attention of one query of one head, a template over the instruction set (see kernel_source.h).
#pragma once

#include "engine/kernels/activation_source.h"
#include "engine/kernels/kernels.h"

namespace mx::engine {

template <class Simd>
struct AttentionSource {
  using V = typename Simd::V;
  static constexpr std::size_t kWidth = Simd::kWidth;

  static float sum(V v) {
    float all[kWidth];
    Simd::store(all, v);
    float out = 0;
    for (const float one : all) out += one;
    return out;
  }

  static float dot(const float* a, const float* b, std::size_t size) {
    V even = Simd::broadcast(0);
    V odd = Simd::broadcast(0);
    std::size_t i = 0;
    for (; i + 2 * kWidth <= size; i += 2 * kWidth) {
      even = Simd::fma(Simd::load(a + i), Simd::load(b + i), even);
      odd = Simd::fma(Simd::load(a + i + kWidth), Simd::load(b + i + kWidth), odd);
    }
    for (; i + kWidth <= size; i += kWidth) {
      even = Simd::fma(Simd::load(a + i), Simd::load(b + i), even);
    }
    float out = sum(even + odd);
    for (; i < size; ++i) out += a[i] * b[i];
    return out;
  }

  static void attend(const AttendArgs& args) {
    float largest = args.scale * dot(args.query, args.keys, args.size);
    for (std::size_t j = 0; j < args.count; ++j) {
      args.scores[j] = args.scale * dot(args.query, args.keys + j * args.stride, args.size);
      largest = args.scores[j] > largest ? args.scores[j] : largest;
    }
    // Scores are filled up to whole vectors with what becomes nothing.
    const std::size_t whole = (args.count + kWidth - 1) / kWidth * kWidth;
    for (std::size_t j = args.count; j < whole; ++j) args.scores[j] = largest - 1000;
    V total = Simd::broadcast(0);
    for (std::size_t j = 0; j < whole; j += kWidth) {
      const V one = ActivationSource<Simd>::exp(Simd::load(args.scores + j) - largest);
      Simd::store(args.scores + j, one);
      total = total + one;
    }
    const float share = 1 / sum(total);
    std::size_t i = 0;
    for (; i + kWidth <= args.size; i += kWidth) {
      V out = Simd::broadcast(0);
      for (std::size_t j = 0; j < args.count; ++j) {
        out = Simd::fma(Simd::broadcast(args.scores[j]),
                        Simd::load(args.values + j * args.stride + i), out);
      }
      Simd::store(args.out + i, out * share);
    }
    for (; i < args.size; ++i) {
      float out = 0;
      for (std::size_t j = 0; j < args.count; ++j) {
        out += args.scores[j] * args.values[j * args.stride + i];
      }
      args.out[i] = out * share;
    }
  }
};

}  // namespace mx::engine
