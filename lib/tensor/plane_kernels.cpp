// SPDX-License-Identifier: Apache-2.0
#include "tensor/plane_kernels.h"

#include <cstdlib>
#include <string_view>
#include <vector>

namespace mx::planes {
namespace {

std::vector<Kernel> detect() {
  std::vector<Kernel> out;
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vbmi") &&
      __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("fma")) {
    out.push_back(avx512vbmi2_kernel());
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    out.push_back(avx2_kernel());
  }
  out.push_back(portable_kernel());
  return out;
}

const Kernel& choose() {
  const char* wanted = std::getenv("MX_KERNELS");
  for (const Kernel& one : supported_kernels()) {
    if (wanted != nullptr && std::string_view(one.name).starts_with(wanted)) return one;
  }
  return supported_kernels().front();
}

}  // namespace

std::span<const Kernel> supported_kernels() {
  static const std::vector<Kernel> kFound = detect();
  return kFound;
}

const Kernel& kernel() {
  static const Kernel& chosen = choose();
  return chosen;
}

}  // namespace mx::planes
