// SPDX-License-Identifier: Apache-2.0
#include "model/runtime.h"

#include <malloc.h>
#include <torch/torch.h>

#include <algorithm>
#include <limits>
#include <new>
#include <string>

#include "base/error.h"
#include "base/words.h"

namespace mx {
namespace {

constexpr std::uint64_t kSmall = std::uint64_t{1} << 26U;  // multiply-adds of a forward pass

[[noreturn]] void out_of_memory() {
  throw Error{Kind::failed, "out of memory", "try a smaller --batch-size or a smaller model"};
}

}  // namespace

void prepare_torch(std::size_t threads) {
  mallopt(M_MMAP_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  at::set_num_threads(static_cast<int>(threads));
}

std::string torch_version() { return TORCH_VERSION; }

std::size_t kernel_threads(const Network& network, std::uint64_t rows, std::size_t threads) {
  return cost(network).macs < kSmall / std::max<std::uint64_t>(1, rows) ? 1 : threads;
}

void with_torch_errors(const std::function<void()>& work) {
  try {
    work();
  } catch (const c10::OutOfMemoryError&) {
    out_of_memory();
  } catch (const std::bad_alloc&) {
    out_of_memory();
  } catch (const c10::Error& error) {
    const std::string what = error.what_without_backtrace();
    if (what.find("can't allocate memory") != std::string::npos) out_of_memory();
    fail(Kind::failed, "LibTorch: {}", printable(what.substr(0, what.find('\n'))));
  }
}

}  // namespace mx
