// SPDX-License-Identifier: Apache-2.0
// Secrets: keys and passphrases, and the files that hold them. Files are read only when nobody but
// their owner may read them, written for the owner alone, and never over a file that is there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mx::io {

// Memory that is not swapped where the system allows that, is in no core dump, and is wiped when it
// is given back.
[[nodiscard]] void* secret_memory(std::size_t bytes);
void wipe_memory(void* memory) noexcept;  // of secret_memory(): wiped and given back
void wipe(void* bytes, std::size_t size) noexcept;

template <class T>
struct SecretMemory {
  using value_type = T;
  SecretMemory() = default;
  template <class U>
  SecretMemory(const SecretMemory<U>& /*other*/) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] T* allocate(std::size_t count) {
    return static_cast<T*>(secret_memory(count * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t /*count*/) noexcept { wipe_memory(memory); }
  bool operator==(const SecretMemory& /*other*/) const { return true; }
};
using SecretBytes = std::vector<std::uint8_t, SecretMemory<std::uint8_t>>;

// Text in such memory.
class Secret {
 public:
  Secret() = default;
  Secret(std::string_view text) : text_(text.begin(), text.end()) {}  // NOLINT(*-explicit-*)
  Secret(const char* text) : Secret(std::string_view(text)) {}        // NOLINT(*-explicit-*)
  // Wipes where it came from.
  [[nodiscard]] static Secret taken_from(std::string& text);

  [[nodiscard]] std::string_view text() const { return {text_.data(), text_.size()}; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] std::size_t size() const { return text_.size(); }
  void add(char letter) { text_.push_back(letter); }
  void add(std::string_view text) { text_.insert(text_.end(), text.begin(), text.end()); }
  void remove_last() { text_.pop_back(); }
  bool operator==(const Secret&) const = default;

 private:
  std::vector<char, SecretMemory<char>> text_;
};

// A key of a size that is known.
template <std::size_t kSize>
struct SecretArray : std::array<std::uint8_t, kSize> {
  SecretArray() : std::array<std::uint8_t, kSize>{} {}
  SecretArray(const SecretArray&) = default;
  SecretArray& operator=(const SecretArray&) = default;
  ~SecretArray() { wipe(this->data(), kSize); }
};

// All of it, at most 64 KiB. A pipe is read as it is (`<(command)`). Throws Kind::input when it
// cannot be read, or is a file that others than its owner can read: the file that was opened is
// asked, whatever its name stands for meanwhile.
[[nodiscard]] Secret read_secret(const std::string& path);
// The first line, without its end. Throws Kind::input when there is none.
[[nodiscard]] Secret read_passphrase(const std::string& path);
// A new file, mode 0600 from its first byte. Throws Kind::usage when `path` is there, Kind::output
// when it cannot be written whole; it is then removed.
void write_secret(const std::string& path, std::string_view text);

}  // namespace mx::io
