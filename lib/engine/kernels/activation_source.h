// SPDX-License-Identifier: Apache-2.0
// The activations as vector code, a template over the instruction set (see kernel_source.h). Errors
// are below 4e-7 of 1 + |y|, measured against the functions in double (tests/engine).
#pragma once

#include <cstring>

#include "engine/kernels/kernels.h"

namespace mx::engine {

template <class Simd>
struct ActivationSource {
  using V = typename Simd::V;
  using I = typename Simd::I;
  static constexpr std::size_t kWidth = Simd::kWidth;

  static V absolute(V x) { return x < 0 ? -x : x; }

  // exp(x) to 2 units in the last place: x = n ln 2 + r, a polynomial in r (Cephes, expf).
  static V exp(V x) {
    x = x > 88.0F ? Simd::broadcast(88.0F) : x;
    x = x < -87.0F ? Simd::broadcast(-87.0F) : x;
    constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to a whole number
    const V n = Simd::fma(x, Simd::broadcast(1.44269504F), Simd::broadcast(kRound)) - kRound;
    V r = Simd::fma(n, Simd::broadcast(-0.693359375F), x);
    r = Simd::fma(n, Simd::broadcast(2.12194440e-4F), r);
    V p = Simd::broadcast(1.9875691500e-4F);
    constexpr float kRest[] = {1.3981999507e-3F, 8.3334519073e-3F, 4.1665795894e-2F,
                               1.6666665459e-1F, 5.0000001201e-1F};
    for (const float c : kRest) p = Simd::fma(p, r, Simd::broadcast(c));
    p = Simd::fma(p, r * r, r + 1.0F);
    const I power = (__builtin_convertvector(n, I) + 127) << 23;
    V scale;
    std::memcpy(&scale, &power, sizeof(V));
    return p * scale;
  }

  // tanh(x): a polynomial for small x, where 1 - 2 / (exp(2 x) + 1) would cancel (Cephes, tanhf).
  static V tanh(V x) {
    const V z = x * x;
    V p = Simd::broadcast(-5.70498872745e-3F);
    constexpr float kRest[] = {2.06390887954e-2F, -5.37397155531e-2F, 1.33314422036e-1F,
                               -3.33332819422e-1F};
    for (const float c : kRest) p = Simd::fma(p, z, Simd::broadcast(c));
    const V small = Simd::fma(p * z, x, x);
    const V size = absolute(x);
    const V big = 1.0F - 2.0F / (exp(size + size) + 1.0F);
    return size < 0.625F ? small : (x < 0 ? -big : big);
  }

  // erf(x) to 1.5e-7 (Abramowitz and Stegun, 7.1.26).
  static V erf(V x) {
    const V size = absolute(x);
    const V t = 1.0F / Simd::fma(size, Simd::broadcast(0.3275911F), Simd::broadcast(1.0F));
    V p = Simd::broadcast(1.061405429F);
    constexpr float kRest[] = {-1.453152027F, 1.421413741F, -0.284496736F, 0.254829592F};
    for (const float c : kRest) p = Simd::fma(p, t, Simd::broadcast(c));
    const V y = 1.0F - p * t * exp(-size * size);
    return x < 0 ? -y : y;
  }

  template <Act kAct>
  static V activated(V x) {
    if constexpr (kAct == Act::relu) return x < 0 ? Simd::broadcast(0) : x;  // NaN stays
    if constexpr (kAct == Act::gelu) return 0.5F * x * (1.0F + erf(x * 0.70710678F));
    if constexpr (kAct == Act::gelu_tanh) {
      return 0.5F * x * (1.0F + tanh(0.79788456F * (x + 0.044715F * x * x * x)));
    }
    if constexpr (kAct == Act::tanh) return tanh(x);
    if constexpr (kAct == Act::silu) return x / (1.0F + exp(-x));
  }

  template <Act kAct>
  static void activate_all(float* x, std::size_t count) {
    std::size_t i = 0;
    for (; i + kWidth <= count; i += kWidth) Simd::store(x + i, activated<kAct>(Simd::load(x + i)));
    if (i == count) return;
    float rest[kWidth] = {};
    for (std::size_t j = i; j < count; ++j) rest[j - i] = x[j];
    Simd::store(rest, activated<kAct>(Simd::load(rest)));
    for (std::size_t j = i; j < count; ++j) x[j] = rest[j - i];
  }

  static void activate(Act act, float* x, std::size_t count) {
    switch (act) {
      case Act::relu:
        return activate_all<Act::relu>(x, count);
      case Act::gelu:
        return activate_all<Act::gelu>(x, count);
      case Act::gelu_tanh:
        return activate_all<Act::gelu_tanh>(x, count);
      case Act::tanh:
        return activate_all<Act::tanh>(x, count);
      case Act::silu:
        return activate_all<Act::silu>(x, count);
      case Act::none:
        return;
    }
  }
};

}  // namespace mx::engine
