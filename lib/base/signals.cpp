// SPDX-License-Identifier: Apache-2.0
#include "base/signals.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <mutex>

namespace mx::signals {
namespace {

// A signal handler reaches nothing but file-scope state.
struct Slot {
  std::atomic<bool> used{false};
  std::array<char, 4096> path{};
};
std::array<Slot, 16> slots;
std::mutex slots_mutex;
std::atomic<int> first_caught{0};
std::atomic<bool> end_at_once{false};

void handle(int number) {
  int none = 0;
  if (first_caught.compare_exchange_strong(none, number) && !end_at_once) return;
  for (Slot& slot : slots) {
    if (slot.used) ::unlink(slot.path.data());
  }
  ::_exit(128 + number);
}

}  // namespace

void install(First first) {
  end_at_once = first == First::end;
  struct sigaction action = {};
  action.sa_handler = handle;
  sigfillset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before = {};
    sigaction(number, nullptr, &before);
    if (before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
  }
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
}

int caught() noexcept { return first_caught; }

void remember_temporary(const std::string& path) {
  const std::lock_guard lock(slots_mutex);
  for (Slot& slot : slots) {
    if (slot.used || path.size() >= slot.path.size()) continue;
    std::memcpy(slot.path.data(), path.c_str(), path.size() + 1);
    slot.used = true;
    return;
  }
}

void forget_temporary(const std::string& path) {
  const std::lock_guard lock(slots_mutex);
  for (Slot& slot : slots) {
    if (slot.used && path == slot.path.data()) slot.used = false;
  }
}

}  // namespace mx::signals
