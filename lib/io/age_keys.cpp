// SPDX-License-Identifier: Apache-2.0
#include "io/age_keys.h"

#include <sodium.h>

#include <algorithm>

#include "base/error.h"
#include "base/words.h"
#include "io/bech32.h"
#include "io/secret.h"

namespace mx::io {
namespace {

constexpr std::string_view kSecretPrefix = "age-secret-key-";

void ready() {
  if (sodium_init() < 0) fail(Kind::failed, "libsodium does not start");
}

}  // namespace

AgeRecipient parse_recipient(const std::string& text) {
  const auto bytes = from_bech32("age", text);
  if (!bytes || bytes->size() != AgeRecipient().size()) {
    throw Error{Kind::usage, fmt::format("'{}' is no recipient of age's form", printable(text)),
                "age1...: mx-pack keygen --age, or age-keygen, shows it"};
  }
  AgeRecipient out;
  std::ranges::copy(*bytes, out.begin());
  return out;
}

std::string to_text(const AgeRecipient& recipient) { return bech32("age", recipient); }

AgeIdentity AgeIdentity::make() {
  ready();
  AgeIdentity out;
  randombytes_buf(out.secret_.data(), out.secret_.size());
  return out;
}

AgeIdentity AgeIdentity::parse(const std::string& text, const std::string& name) {
  auto bytes = from_bech32(kSecretPrefix, text);
  AgeIdentity out;
  if (!bytes || bytes->size() != out.secret_.size()) {
    throw Error{Kind::input,
                fmt::format("{} holds a line that is no age identity", printable(name)),
                "AGE-SECRET-KEY-1...: mx-pack keygen --age -o FILE makes one"};
  }
  std::ranges::copy(*bytes, out.secret_.begin());
  sodium_memzero(bytes->data(), bytes->size());
  return out;
}

AgeIdentity::~AgeIdentity() { sodium_memzero(secret_.data(), secret_.size()); }

std::string AgeIdentity::text() const {
  std::string out = bech32(kSecretPrefix, secret_);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return out;
}

AgeRecipient AgeIdentity::recipient() const {
  AgeRecipient out;
  crypto_scalarmult_base(out.data(), secret_.data());
  return out;
}

std::vector<AgeIdentity> read_identities(const std::string& path) {
  std::vector<AgeIdentity> out;
  for (std::string& line : split(read_secret(path), '\n')) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty() && line[0] != '#') out.push_back(AgeIdentity::parse(line, path));
  }
  if (out.empty()) fail(Kind::input, "{} holds no age identity", printable(path));
  return out;
}

}  // namespace mx::io
