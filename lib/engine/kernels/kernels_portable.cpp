// SPDX-License-Identifier: Apache-2.0
// For any machine: vectors of four, multiply and add apart.
#include <cstring>

#include "engine/kernels/kernel_source.h"

namespace mx::engine {
namespace {

struct Portable {
  using V = float __attribute__((vector_size(16)));
  using I = int __attribute__((vector_size(16)));
  static constexpr std::size_t kWidth = 4;
  static constexpr std::size_t kRows = 6;
  static V fma(V a, V b, V c) { return a * b + c; }
  static V load(const float* p) {
    V out;
    std::memcpy(&out, p, sizeof(V));
    return out;
  }
  static V load(const std::int8_t* p) {
    return V{static_cast<float>(p[0]), static_cast<float>(p[1]), static_cast<float>(p[2]),
             static_cast<float>(p[3])};
  }
  static void store(float* p, V v) { std::memcpy(p, &v, sizeof(V)); }
  static V broadcast(float x) { return V{x, x, x, x}; }
};

}  // namespace

Kernels portable_kernels() { return KernelSource<Portable>::table("portable"); }

}  // namespace mx::engine
