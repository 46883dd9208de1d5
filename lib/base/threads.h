// SPDX-License-Identifier: Apache-2.0
// A pool that runs numbered, independent pieces of work. What a piece computes must depend on its
// number only, so that results are the same for every thread count.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace mx {

// The cores this process may use (affinity mask and cgroup limit), at least 1.
[[nodiscard]] std::size_t usable_cores();

class ThreadPool {
 public:
  // `threads` workers in all, the caller being one of them; 1 starts none.
  explicit ThreadPool(std::size_t threads = usable_cores());
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // work(0) ... work(count - 1), each once, in any order, and waits for all of them. The exception
  // of the lowest failing number is thrown again here. Not to be called from inside `work`, nor by
  // two threads at once, unless the pool is of one thread.
  void run(std::size_t count, const std::function<void(std::size_t)>& work);
  [[nodiscard]] std::size_t threads() const { return threads_; }

 private:
  struct State;
  std::size_t threads_;
  std::unique_ptr<State> state_;
};

}  // namespace mx
