// SPDX-License-Identifier: Apache-2.0
#include "io/age.h"

#include <doctest/doctest.h>

#include <functional>

#include "base/error.h"
#include "base/random.h"
#include "io/bech32.h"
#include "io/folder.h"

namespace mx::io {
namespace {

Bytes random_bytes(std::size_t size) {
  Random random(size);
  Bytes out(size);
  for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(random.below(256));
  return out;
}

Bytes seal(ByteView plain, const std::vector<AgeRecipient>& to, const Secret& passphrase = {}) {
  Bytes out;
  const auto output = sealed(memory_output(out), to, passphrase);
  output->write(plain);
  output->commit();
  return out;
}

// An input that hides that it is seekable.
class Pipe final : public Input {
 public:
  explicit Pipe(ByteView bytes) : bytes_(bytes) {}
  [[nodiscard]] std::size_t read(std::span<std::uint8_t> out) override {
    const std::size_t count = std::min<std::size_t>({out.size(), bytes_.size(), 1000});
    std::copy_n(bytes_.begin(), count, out.begin());
    bytes_ = bytes_.subspan(count);
    return count;
  }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  ByteView bytes_;
  std::string name_ = "a pipe";
};

Bytes open(ByteView bytes, const AgeKeys& keys, bool pipe) {
  std::unique_ptr<Input> raw = memory_input(bytes, "a file");
  if (pipe) raw = std::make_unique<Pipe>(bytes);
  return read_all(*unsealed(std::move(raw), keys), std::uint64_t{1} << 30U);
}

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
    return error.message();
  }
  return "";
}

}  // namespace

TEST_CASE("what is sealed opens, of any size, read forward, at any offset and through a pipe") {
  const AgeIdentity me = AgeIdentity::make(), other = AgeIdentity::make();
  const AgeKeys keys{.identities = {me}};
  for (const std::size_t size : {0, 1, 65535, 65536, 65537, 131072, 200000}) {
    CAPTURE(size);
    const Bytes plain = random_bytes(size);
    const Bytes bytes = seal(plain, {other.recipient(), me.recipient()});
    for (const bool pipe : {false, true}) CHECK(open(bytes, keys, pipe) == plain);
    const auto in = unsealed(memory_input(bytes, "a file"), keys);
    CHECK(in->size() == size);
    for (const auto& [begin, count] : {std::pair<std::size_t, std::size_t>{0, 1},
                                       {65530, 12},
                                       {0, 200000},
                                       {131071, 2},
                                       {199999, 1}}) {
      if (begin + count > size) continue;
      Bytes part(count);
      in->read_at(begin, part);
      CHECK(
          std::equal(part.begin(), part.end(), plain.begin() + static_cast<std::ptrdiff_t>(begin)));
    }
    Bytes beyond(1);
    CHECK_THROWS_AS(in->read_at(size, beyond), Error);
  }
}

TEST_CASE("what age itself sealed opens") {
  const AgeKeys keys{
      .identities = {AgeIdentity::parse(
          "AGE-SECRET-KEY-1ACQ9YC77L6J683LYE7HZPR92UXG6WQM6ANH3P59EZ0XR220RKDTSRQ50RG",
          "the key")}};
  const auto in = unsealed(open_input(std::string(MX_GOLDEN) + "/sealed.age"), keys);
  const Bytes plain = read_all(*in, 100);
  CHECK(std::string(plain.begin(), plain.end()) == "sealed by age\n");
}

TEST_CASE("no byte of a sealed file can be changed, left out or moved") {
  const AgeIdentity me = AgeIdentity::make();
  const AgeKeys keys{.identities = {me}};
  const Bytes plain = random_bytes(140000);
  const Bytes bytes = seal(plain, {me.recipient()});
  const std::size_t header = bytes.size() - 140000 - 3 * 16;
  for (const bool pipe : {false, true}) {
    CAPTURE(pipe);
    for (std::size_t i = 0; i < bytes.size(); i += i < header + 40 ? 1 : 997) {
      CAPTURE(i);
      Bytes changed = bytes;
      changed[i] ^= 4;
      bool refused = false;
      try {
        // A first line that is another makes it another kind of file, which comes as it is.
        refused = open(changed, keys, pipe) == changed;
      } catch (const Error&) {
        refused = true;
      }
      CHECK(refused);
    }
    for (std::size_t cut = 22; cut < bytes.size(); cut += cut < header + 40 ? 1 : 997) {
      CAPTURE(cut);
      CHECK_THROWS_AS((void)open(ByteView(bytes).first(cut), keys, pipe), Error);
    }
    // Whole parts: the end left out, two exchanged, one twice.
    constexpr std::ptrdiff_t kPart = 65536 + 16;
    const auto begin = static_cast<std::ptrdiff_t>(header);
    CHECK_THROWS_AS((void)open(ByteView(bytes).first(header + 2 * kPart), keys, pipe), Error);
    CHECK_THROWS_AS((void)open(ByteView(bytes).first(header), keys, pipe), Error);
    Bytes moved = bytes;
    std::swap_ranges(moved.begin() + begin, moved.begin() + begin + kPart,
                     moved.begin() + begin + kPart);
    CHECK_THROWS_AS((void)open(moved, keys, pipe), Error);
    Bytes twice = bytes;
    twice.insert(twice.begin() + begin, bytes.begin() + begin, bytes.begin() + begin + kPart);
    CHECK_THROWS_AS((void)open(twice, keys, pipe), Error);
    Bytes longer = bytes;
    longer.push_back(0);
    CHECK_THROWS_AS((void)open(longer, keys, pipe), Error);
  }
}

TEST_CASE("a wrong key, a changed header and changed contents have their own words") {
  const AgeIdentity me = AgeIdentity::make(), other = AgeIdentity::make();
  const AgeKeys keys{.identities = {me}};
  const Bytes plain = random_bytes(70000);
  Bytes bytes = seal(plain, {me.recipient()});
  CHECK(message_of([&] { (void)open(bytes, {.identities = {other}}, false); }) ==
        "a file is sealed to others: no identity that was given opens it");
  CHECK(message_of([&] { (void)open(bytes, {.passphrase = "word"}, false); }) ==
        "a file is sealed to others: a passphrase does not open it");
  const std::size_t header = bytes.size() - 70000 - 2 * 16;
  Bytes changed = bytes;
  changed[header - 16 - 5] ^= 1;  // of the MAC
  const std::string message = message_of([&] { (void)open(changed, keys, false); });
  CHECK((message == "a file: its age header was changed" ||
         message == "a file has a damaged age header"));
  changed = bytes;
  changed[header + 3] ^= 1;
  CHECK(message_of([&] { (void)open(changed, keys, false); }) ==
        "a file: its sealed part 1 was changed, moved or cut");
  CHECK(message_of([&] { (void)only_unsealed(memory_input(plain, "a file"), keys); }) ==
        "a file is not sealed");
}

TEST_CASE("under a passphrase, which alone opens it and may ask for only so much work") {
  const Bytes plain = random_bytes(100);
  const Bytes bytes = seal(plain, {}, "some words");
  CHECK(open(bytes, {.passphrase = "some words"}, false) == plain);
  CHECK(message_of([&] { (void)open(bytes, {.passphrase = "other words"}, false); }) ==
        "a file does not open with this passphrase");
  CHECK(message_of([&] { (void)open(bytes, {.identities = {AgeIdentity::make()}}, false); }) ==
        "a file is sealed under a passphrase");
  constexpr std::uint64_t kLimit = 100 << 20;  // it asks for 256 MiB
  CHECK(message_of([&] {
          (void)open(bytes, {.passphrase = "some words", .max_memory = kLimit}, true);
        }) == "a pipe: its passphrase asks for 268.44 MB of memory, over the limit of 104.86 MB");
  std::string text(bytes.begin(), bytes.end());
  text.replace(text.find(" 18\n"), 4, " 29\n");
  CHECK(message_of([&] { (void)open(view(text), {.passphrase = "some words"}, false); }) ==
        "a file: its passphrase asks for more work than age does (2^29)");
}

TEST_CASE("keys come back from their text, and texts with a mistake are none") {
  const AgeIdentity me = AgeIdentity::make();
  CHECK(AgeIdentity::parse(me.text().text(), "k").secret() == me.secret());
  CHECK(me.text().text().starts_with("AGE-SECRET-KEY-1"));
  const std::string text = to_text(me.recipient());
  CHECK(parse_recipient(text) == me.recipient());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string wrong = text;
    wrong[i] = wrong[i] == 'q' ? 'p' : 'q';
    CHECK_THROWS_AS((void)parse_recipient(wrong), Error);
    CHECK_THROWS_AS((void)parse_recipient(text.substr(0, i)), Error);
  }
  // BIP 173's own examples.
  CHECK(from_bech32("a", "A12UEL5L").has_value());
  CHECK(!from_bech32("a", "A12uEL5L").has_value());
  CHECK(!from_bech32("a", "A1G7SGD8").has_value());
}

}  // namespace mx::io
