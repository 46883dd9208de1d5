// SPDX-License-Identifier: Apache-2.0
// LibTorch set up for a run, and its errors turned into ours.
#pragma once

#include <cstddef>
#include <functional>

namespace mx {

// Call before the first tensor is made. Sets the threads of LibTorch's kernels and keeps freed
// memory in the process (touching a page for the first time costs ten times a warm one).
// Matrix products stay in full fp32: "medium" precision would round to bf16 where the CPU has AMX.
void prepare_torch(std::size_t threads);

// Runs work(); what LibTorch throws becomes Kind::failed: out of memory with a hint, everything
// else with the first line of its message. Errors of ours pass.
void with_torch_errors(const std::function<void()>& work);

}  // namespace mx
