// SPDX-License-Identifier: Apache-2.0
#include "engine/peak.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "engine/kernels/kernels.h"

namespace mx::engine {

double peak(ThreadPool& pool) {
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t kRounds = 1U << 20U;
  constexpr int kAttempts = 8;
  const Kernels& fastest = kernels();
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kAttempts; ++i) {
    const Clock::time_point begin = Clock::now();
    pool.run(pool.threads(), [&](std::size_t) {
      volatile float sink = fastest.peak(kRounds);
      (void)sink;
    });
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return static_cast<double>(kRounds * fastest.peak_operations * pool.threads()) / best;
}

}  // namespace mx::engine
