// SPDX-License-Identifier: Apache-2.0
// Any bytes as what is sealed, signed or signs: opened and read, or refused.
#include <algorithm>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "file/minisign.h"
#include "io/age.h"

namespace {

template <class Read>
void attempt(Read read) {
  try {
    read();
  } catch (const mx::Error& error) {
    if (error.kind() != mx::Kind::input && error.kind() != mx::Kind::usage) throw;
  }
}

// Read forward only.
class Pipe final : public mx::io::Input {
 public:
  explicit Pipe(mx::ByteView bytes) : bytes_(bytes) {}
  [[nodiscard]] std::size_t read(std::span<std::uint8_t> out) override {
    const std::size_t count = std::min(out.size(), bytes_.size());
    std::copy_n(bytes_.begin(), count, out.begin());
    bytes_ = bytes_.subspan(count);
    return count;
  }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  mx::ByteView bytes_;
  std::string name_ = "a pipe";
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // It opens tests/golden/sealed.age.
  static const mx::io::AgeKeys keys{
      .identities = {mx::io::AgeIdentity::parse(
          "AGE-SECRET-KEY-1ACQ9YC77L6J683LYE7HZPR92UXG6WQM6ANH3P59EZ0XR220RKDTSRQ50RG",
          "the key")}};
  const std::string text(reinterpret_cast<const char*>(data), size);
  attempt([&] {
    (void)mx::io::read_all(*mx::io::unsealed(mx::io::memory_input({data, size}, "a file"), keys),
                           1U << 26U);
  });
  attempt([&] {
    (void)mx::io::read_all(
        *mx::io::unsealed(std::make_unique<Pipe>(mx::ByteView{data, size}), keys), 1U << 26U);
  });
  attempt([&] { (void)mx::io::parse_recipient(text); });
  attempt([&] { (void)mx::io::AgeIdentity::parse(text, "a key"); });
  attempt([&] { (void)mx::parse_public_key(text, "a key"); });
  attempt([&] { (void)mx::parse_secret_key(text, "a key", {}); });
  attempt([&] { (void)mx::parse_signature(text, "a signature"); });
  return 0;
}
