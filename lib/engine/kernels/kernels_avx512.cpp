// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include "engine/kernels/kernel_source.h"

namespace mx::engine {
namespace {

struct Avx512 {
  using V = __m512;
  using I = int __attribute__((vector_size(64)));
  static constexpr std::size_t kWidth = 16;
  static constexpr std::size_t kRows = 12;
  static V fma(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
  static V load(const float* p) { return _mm512_loadu_ps(p); }
  static V load(const std::int8_t* p) {
    // Masks of all ones: the unmasked forms make GCC 12 warn of an uninitialized value.
    constexpr __mmask16 kAll = 0xffff;
    const __m128i codes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm512_maskz_cvtepi32_ps(kAll, _mm512_maskz_cvtepi8_epi32(kAll, codes));
  }
  static void store(float* p, V v) { _mm512_storeu_ps(p, v); }
  static V broadcast(float x) { return _mm512_set1_ps(x); }
};

}  // namespace

Kernels avx512_kernels() { return KernelSource<Avx512>::table("avx512"); }

}  // namespace mx::engine
