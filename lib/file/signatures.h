// SPDX-License-Identifier: Apache-2.0
// Signatures that lie beside a file: FILE.minisig, and FILE.KEYID.minisig of further signers. And
// models opened so that nothing is used which the required keys have not signed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/fields.h"
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

  [[nodiscard]] Fields fields();
  [[nodiscard]] io::AgeKeys keys() const;
  [[nodiscard]] bool opens_sealed() const {
    return !identities.empty() || !passphrase_file.empty();
  }
};

[[nodiscard]] PublicKey read_public_key(const std::string& path);
[[nodiscard]] FileSignature read_signature(const std::string& path);
[[nodiscard]] Blake2b512 blake2b_file(const std::string& path);

// Where a key's signature of a file lies, or would lie: FILE.minisig unless another key's is there.
[[nodiscard]] std::string signature_place(const std::string& file, const KeyId& key);

// Whose signatures lie beside a file, checked by nobody; those that cannot be read are left out.
[[nodiscard]] std::vector<KeyId> signers_beside(const std::string& file);

struct Verdict {
  enum class Is { good, absent, wrong } is = Is::absent;
  std::string why = {};      // not good: "model.mx is not signed: there is no model.mx.minisig"
  std::string comment = {};  // good: the trusted one
};
// Whether the key signed what has this digest. signature: a file; empty: beside `file`. Throws
// Kind::input for a signature that cannot be read.
[[nodiscard]] Verdict check_signature(const std::string& file, const std::string& signature,
                                      const PublicKey& key, const Blake2b512& digest);

// A model to read; with identities or a passphrase a sealed one, too, which is opened in memory. A
// signature is of the file as it lies there. Without trust, or required keys, as
// io::open_input. With them throws Kind::input unless
// all have signed it: of a regular file before anything else is read, and what is read later is
// held against what was verified; of a pipe in place of its end, so that who reads to the end
// before he uses it uses nothing unsigned.
[[nodiscard]] std::unique_ptr<io::Input> open_model(const std::string& path, const Trust* trust);

}  // namespace mx
