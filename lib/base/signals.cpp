// SPDX-License-Identifier: Apache-2.0
#include "base/signals.h"

#include <unistd.h>

#include <algorithm>
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
struct Mapping {
  std::atomic<const char*> begin{nullptr};
  std::size_t size = 0;
  std::array<char, 4096> message{};
};
std::array<Mapping, 16> mappings;
std::mutex slots_mutex;
std::atomic<int> first_caught{0};
std::atomic<bool> end_at_once{false};

void remove_temporaries() {
  for (Slot& slot : slots) {
    if (slot.used) ::unlink(slot.path.data());
  }
}

void handle(int number) {
  int none = 0;
  if (first_caught.compare_exchange_strong(none, number) && !end_at_once) return;
  remove_temporaries();
  ::_exit(128 + number);
}

void handle_cut(int number, siginfo_t* info, void* /*context*/) {
  constexpr int kInput = 3;
  const auto* const at = static_cast<const char*>(info->si_addr);
  for (const Mapping& one : mappings) {
    const char* const begin = one.begin;
    if (begin == nullptr || at < begin || at >= begin + one.size) continue;
    [[maybe_unused]] const auto said =
        ::write(STDERR_FILENO, one.message.data(), std::strlen(one.message.data()));
    remove_temporaries();
    ::_exit(kInput);
  }
  ::signal(number, SIG_DFL);  // someone else's: it comes again
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

void remember_mapping(const void* begin, std::size_t size, const std::string& message) {
  const std::lock_guard lock(slots_mutex);
  struct sigaction action = {};
  action.sa_sigaction = handle_cut;
  sigfillset(&action.sa_mask);
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, nullptr);
  for (Mapping& one : mappings) {
    if (one.begin != nullptr) continue;
    one.size = size;
    const std::size_t length = std::min(message.size(), one.message.size() - 1);
    std::memcpy(one.message.data(), message.data(), length);
    one.message[length] = 0;
    one.begin = static_cast<const char*>(begin);
    return;
  }
}

void forget_mapping(const void* begin) {
  const std::lock_guard lock(slots_mutex);
  for (Mapping& one : mappings) {
    if (one.begin == begin) one.begin = nullptr;
  }
}

}  // namespace mx::signals
