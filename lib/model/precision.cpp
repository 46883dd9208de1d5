// SPDX-License-Identifier: Apache-2.0
#include "model/precision.h"

#include <ATen/autocast_mode.h>

#include "base/error.h"

namespace mx {

void check_bf16() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bf16") != 0) return;
#endif
  throw Error{Kind::usage, "this processor multiplies no bf16 numbers (it lacks avx512_bf16)",
              "--precision fp32"};
}

Bf16::Bf16(bool on) : on_(on), before_(at::autocast::is_autocast_enabled(at::kCPU)) {
  if (!on_) return;
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  at::autocast::set_autocast_enabled(at::kCPU, true);
  at::autocast::increment_nesting();
}

Bf16::~Bf16() {
  if (!on_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(at::kCPU, before_);
}

}  // namespace mx
