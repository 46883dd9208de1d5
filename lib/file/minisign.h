// SPDX-License-Identifier: Apache-2.0
// Keys and signatures of minisign (https://jedisct1.github.io/minisign/, "Signature format",
// "Public key format", "Secret key format"): Ed25519 over the BLAKE2b-512 of a file, and over that
// signature with a comment, which can be trusted then. Texts that are none are refused
// (Kind::input, with `name` in front).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "io/secret.h"

namespace mx {

using Blake2b512 = std::array<std::uint8_t, 64>;
class Blake2bStream {
 public:
  Blake2bStream();
  ~Blake2bStream();
  void add(ByteView bytes);
  [[nodiscard]] Blake2b512 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

using KeyId = std::array<std::uint8_t, 8>;
[[nodiscard]] std::string key_name(const KeyId& id);  // "9532D21C41AB9105"

struct PublicKey {
  KeyId id = {};
  std::array<std::uint8_t, 32> key = {};
  bool operator==(const PublicKey&) const = default;
};
// A key file (comment and key), or the key's line alone.
[[nodiscard]] PublicKey parse_public_key(std::string_view text, const std::string& name);
[[nodiscard]] std::string to_text(const PublicKey& key);

// Wiped when it goes.
struct SecretKey {
  KeyId id = {};
  io::SecretArray<64> key;  // seed, then the public key
  [[nodiscard]] PublicKey public_key() const;
};
[[nodiscard]] SecretKey make_secret_key();
// Whether the text is a key under a passphrase.
[[nodiscard]] bool is_encrypted(std::string_view text, const std::string& name);
// Throws Kind::input for a wrong passphrase, and when deriving the key would take over `max_memory`
// (0: 2 GiB) or far more work than minisign's own parameters.
[[nodiscard]] SecretKey parse_secret_key(std::string_view text, const std::string& name,
                                         const std::optional<io::Secret>& passphrase,
                                         std::uint64_t max_memory = 0);
// Under a passphrase by scrypt, which takes 1 GiB and seconds, as minisign's own keys.
[[nodiscard]] io::Secret to_text(const SecretKey& key, const std::optional<io::Secret>& passphrase);

struct FileSignature {
  KeyId id = {};
  std::array<std::uint8_t, 64> of_file = {}, of_comment = {};
  std::string comment = {};  // the trusted one, of one line
};
// Signatures of the older kind (of the file itself, not of its digest) are refused.
[[nodiscard]] FileSignature parse_signature(std::string_view text, const std::string& name);
[[nodiscard]] std::string to_text(const FileSignature& signature);

[[nodiscard]] FileSignature sign(const SecretKey& key, const Blake2b512& digest,
                                 std::string comment);
// Whether the key made the signature, of this digest and with this comment.
[[nodiscard]] bool verify(const PublicKey& key, const FileSignature& signature,
                          const Blake2b512& digest);

}  // namespace mx
