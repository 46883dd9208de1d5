// SPDX-License-Identifier: Apache-2.0
// LibTorch set up for a run, and its errors turned into ours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "net/network.h"

namespace mx {

// Call before the first tensor is made. Sets the threads of LibTorch's kernels and keeps freed
// memory in the process (touching a page for the first time costs ten times a warm one).
// Matrix products stay in full fp32: "medium" precision would round to bf16 where the CPU has AMX.
void prepare_torch(std::size_t threads);

// "2.11.0", of the headers this was built with.
[[nodiscard]] std::string torch_version();

// How many threads to give LibTorch's kernels for batches of `rows`: one for small networks, whose
// kernels are shorter than the waiting for one another (64-512-256-10, 32 rows: on two idle cores a
// second thread gains little, on busy ones it costs a factor of 20), else all. Depends on nothing
// that changes from run to run, since the last bits of sums depend on it.
[[nodiscard]] std::size_t kernel_threads(const Network& network, std::uint64_t rows,
                                         std::size_t threads);

// Runs work(); what LibTorch throws becomes Kind::failed: out of memory with a hint, everything
// else with the first line of its message. Errors of ours pass.
void with_torch_errors(const std::function<void()>& work);

}  // namespace mx
