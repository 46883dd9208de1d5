// SPDX-License-Identifier: Apache-2.0
// Signatures of OpenSSF's model signing (https://github.com/sigstore/model-transparency, v1.0) with
// an elliptic-curve key: a Sigstore bundle holds a DSSE envelope, whose payload is an in-toto
// statement with the SHA-256 of each file of a model.
#pragma once

#include <cstddef>
#include <string>

namespace mx {

struct OmsVerdict {
  bool good = false;
  std::string why = {};   // not good: what is wrong
  std::size_t files = 0;  // that were checked
};
// Whether a file, or a folder with all that is in it but what the statement leaves out, is what the
// key (PEM, P-256 or P-384) signed in the bundle. Throws Kind::input where that cannot be told: a
// bundle or key of another form, or files that cannot be read.
[[nodiscard]] OmsVerdict verify_oms(const std::string& path, const std::string& bundle,
                                    const std::string& key);

}  // namespace mx
