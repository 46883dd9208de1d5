// SPDX-License-Identifier: Apache-2.0
#include "io/age_parts.h"

#include <sodium.h>

#include <array>

namespace mx::io {
namespace {

std::array<std::uint8_t, 12> nonce(std::uint64_t number, bool last) {
  std::array<std::uint8_t, 12> out = {};
  for (std::size_t i = 0; i < 8; ++i) out[10 - i] = static_cast<std::uint8_t>(number >> 8 * i);
  out[11] = last ? 1 : 0;
  return out;
}

}  // namespace

void AgeParts::seal(std::uint64_t number, bool last, ByteView plain, Bytes& out) const {
  out.resize(plain.size() + kAgeTag);
  crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, plain.data(), plain.size(),
                                            nullptr, 0, nullptr, nonce(number, last).data(),
                                            key_.data());
}

bool AgeParts::open(std::uint64_t number, bool last, ByteView sealed, Bytes& out) const {
  if (sealed.size() < kAgeTag) return false;
  out.resize(sealed.size() - kAgeTag);
  return crypto_aead_chacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, sealed.data(),
                                                   sealed.size(), nullptr, 0,
                                                   nonce(number, last).data(), key_.data()) == 0;
}

}  // namespace mx::io
