// SPDX-License-Identifier: Apache-2.0
#include "engine/kernels/kernels.h"

#include <cstdlib>
#include <string_view>
#include <vector>

namespace mx::engine {
namespace {

std::vector<Kernels> detect() {
  std::vector<Kernels> out;
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) {
    out.push_back(avx512_kernels());
  }
  if (avx2) out.push_back(avx2_kernels());
  out.push_back(portable_kernels());
  return out;
}

const Kernels& choose() {
  const char* wanted = std::getenv("MX_KERNELS");
  for (const Kernels& one : supported_kernels()) {
    if (wanted != nullptr && std::string_view(one.name) == wanted) return one;
  }
  return supported_kernels().front();
}

}  // namespace

std::span<const Kernels> supported_kernels() {
  static const std::vector<Kernels> kFound = detect();
  return kFound;
}

const Kernels& kernels() {
  static const Kernels& chosen = choose();
  return chosen;
}

}  // namespace mx::engine
