// SPDX-License-Identifier: Apache-2.0
// Signatures that lie beside a file: FILE.minisig, and FILE.KEYID.minisig of further signers. And
// models opened so that nothing is used which the required keys have not signed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/log.h"
#include "file/minisign.h"
#include "io/age.h"
#include "io/input.h"

namespace mx {

// Whom models are taken from, and what opens those that are sealed.
struct Trust {
  std::vector<std::string> required;    // files of public keys: each of these must have signed
  std::string signature;                // of the model that comes through a pipe
  std::vector<std::string> identities;  // files of age identities
  std::string passphrase_file;
  // No fields of their own. The most that a pipe or a passphrase may take, 0: half of the
  // machine's; where a warning goes.
  std::uint64_t max_memory = 0;
  Log* log = nullptr;

  [[nodiscard]] Fields fields();
  [[nodiscard]] io::AgeKeys keys() const;
  [[nodiscard]] bool opens_sealed() const {
    return !identities.empty() || !passphrase_file.empty();
  }
};

[[nodiscard]] PublicKey read_public_key(const std::string& path);
[[nodiscard]] FileSignature read_signature(const std::string& path);
[[nodiscard]] Blake2b512 blake2b_rest(io::Input& in);
[[nodiscard]] Blake2b512 blake2b_file(const std::string& path);

// Where a key's signature of a file lies, or would lie: FILE.minisig unless another key's is there.
[[nodiscard]] std::string signature_place(const std::string& file, const KeyId& key);

// Whose signatures lie beside a file, checked by nobody; those that cannot be read are left out.
[[nodiscard]] std::vector<KeyId> signers_beside(const std::string& file);

struct Verdict {
  enum class Is { good, absent, wrong } is = Is::absent;
  std::string why = {};      // not good: "model.mx is not signed: there is no model.mx.minisig"
  std::string comment = {};  // good: the trusted one
  // Good: the name in it, where the file has another. Files are renamed, so this is no proof of
  // anything; but an older file of the same signer, put in the place of a newer one, shows so.
  std::string other_name = {};
};
// "b.mx was signed under another name: a.mx", or nothing.
[[nodiscard]] std::string said_of_name(const std::string& file, const Verdict& verdict);
// Whether the key signed what has this digest. signature: a file; empty: beside `file`. Throws
// Kind::input for a signature that cannot be read.
[[nodiscard]] Verdict check_signature(const std::string& file, const std::string& signature,
                                      const PublicKey& key, const Blake2b512& digest);

// The same input with its digest: whatever is read of it later is held against what the digest is
// of (Kind::input where it was changed meanwhile). A pipe is read to its end first, of at most
// `max_memory` bytes, and can then be read at any offset; its bytes are kept as they came, in
// memory or a scratch file.
[[nodiscard]] std::unique_ptr<io::Input> summed(std::unique_ptr<io::Input> in,
                                                std::uint64_t max_memory, Blake2b512& digest);

// A model to read; with identities or a passphrase a sealed one, too, which is opened in memory. A
// signature is of the file as it lies there. Without trust, or required keys, as io::open_input.
// With them throws Kind::input unless all have signed it, before anything of it is given out. Warns
// of a file that was signed under another name.
[[nodiscard]] std::unique_ptr<io::Input> open_model(const std::string& path, const Trust* trust);

}  // namespace mx
