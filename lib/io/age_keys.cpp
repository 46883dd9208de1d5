// SPDX-License-Identifier: Apache-2.0
#include "io/age_keys.h"

#include <sodium.h>

#include <algorithm>

#include "base/error.h"
#include "base/words.h"
#include "io/bech32.h"

namespace mx::io {
namespace {

constexpr std::string_view kSecretPrefix = "age-secret-key-";

void ready() {
  if (sodium_init() < 0) fail(Kind::failed, "libsodium does not start");
}

}  // namespace

AgeRecipient parse_recipient(const std::string& text) {
  if (from_bech32(kSecretPrefix, text)) {  // never shown
    throw Error{Kind::usage, "this is an identity, which is secret, and no recipient",
                "age1...: the comment in the identity's file has it; make a new identity if "
                "somebody may have seen this one"};
  }
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

AgeIdentity AgeIdentity::parse(std::string_view text, const std::string& name) {
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

Secret AgeIdentity::text() const {
  std::string out = bech32(kSecretPrefix, secret_);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return Secret::taken_from(out);
}

AgeRecipient AgeIdentity::recipient() const {
  AgeRecipient out;
  crypto_scalarmult_base(out.data(), secret_.data());
  return out;
}

std::vector<AgeIdentity> read_identities(const std::string& path) {
  std::vector<AgeIdentity> out;
  const Secret all = read_secret(path);
  for (std::string_view rest = all.text(); !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty() && line[0] != '#') out.push_back(AgeIdentity::parse(line, path));
  }
  if (out.empty()) fail(Kind::input, "{} holds no age identity", printable(path));
  return out;
}

}  // namespace mx::io
