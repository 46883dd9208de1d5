// SPDX-License-Identifier: Apache-2.0
#include "base/threads.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <fstream>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace mx {

std::size_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    cores = static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
  }
  std::ifstream limit("/sys/fs/cgroup/cpu.max");
  double quota = 0;
  double period = 0;
  if (limit >> quota >> period && period > 0 && quota > 0) {
    cores = std::min(cores, static_cast<std::size_t>(std::max(1.0, std::ceil(quota / period))));
  }
  return cores;
}

struct ThreadPool::State {
  std::mutex mutex;
  std::condition_variable wake, idle;
  const std::function<void(std::size_t)>* work = nullptr;
  std::size_t count = 0, busy = 0, round = 0;
  std::atomic<std::size_t> next{0};
  bool ending = false;
  std::size_t failed = 0;
  std::exception_ptr error;
  std::vector<std::jthread> workers;

  void drain() {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        (*work)(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!error || i < failed) {
          error = std::current_exception();
          failed = i;
        }
      }
    }
  }

  void serve() {
    std::unique_lock lock(mutex);
    for (std::size_t seen = 0;;) {
      wake.wait(lock, [&] { return ending || round != seen; });
      if (ending) return;
      seen = round;
      if (work == nullptr) continue;
      ++busy;
      lock.unlock();
      drain();
      lock.lock();
      if (--busy == 0) idle.notify_all();
    }
  }
};

ThreadPool::ThreadPool(std::size_t threads)
    : threads_(std::max<std::size_t>(1, threads)), state_(std::make_unique<State>()) {
  try {
    for (std::size_t i = 1; i < threads_; ++i) {
      state_->workers.emplace_back([state = state_.get()] { state->serve(); });
    }
  } catch (const std::system_error&) {
    // The system gives no more threads: those that run do all the work.
    threads_ = state_->workers.size() + 1;
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->wake.notify_all();
}

void ThreadPool::run(std::size_t count, const std::function<void(std::size_t)>& work) {
  if (threads_ == 1) {  // also from several threads at once
    for (std::size_t i = 0; i < count; ++i) work(i);
    return;
  }
  State& state = *state_;
  {
    const std::lock_guard lock(state.mutex);
    state.work = &work;
    state.count = count;
    state.next = 0;
    state.error = nullptr;
    ++state.round;
  }
  if (count > 1) state.wake.notify_all();
  state.drain();
  std::unique_lock lock(state.mutex);
  state.idle.wait(lock, [&] { return state.busy == 0; });
  state.work = nullptr;
  if (state.error) std::rethrow_exception(state.error);
}

}  // namespace mx
