// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include "engine/kernels/kernel_source.h"

namespace mx::engine {
namespace {

struct Avx2 {
  using V = __m256;
  using I = int __attribute__((vector_size(32)));
  static constexpr std::size_t kWidth = 8;
  static constexpr std::size_t kRows = 6;
  static V fma(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
  static V load(const float* p) { return _mm256_loadu_ps(p); }
  static V load(const std::int8_t* p) {
    return _mm256_cvtepi32_ps(
        _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
  }
  static void store(float* p, V v) { _mm256_storeu_ps(p, v); }
  static V broadcast(float x) { return _mm256_set1_ps(x); }
};

}  // namespace

Kernels avx2_kernels() { return KernelSource<Avx2>::table("avx2"); }

}  // namespace mx::engine
