// SPDX-License-Identifier: Apache-2.0
#include "io/age_header.h"

#include <sodium.h>

#include <algorithm>
#include <optional>

#include "base/base64.h"
#include "base/error.h"
#include "base/words.h"

namespace mx::io {
namespace {

constexpr std::size_t kMostHeader = 65536;
constexpr std::size_t kNonce = 16;
constexpr std::uint64_t kWork = 18, kMostWork = 20;  // logarithms: 256 MiB, 1 GiB

using Key32 = SecretArray<32>;
using FileKey = SecretArray<16>;

void ready() {
  if (sodium_init() < 0) fail(Kind::failed, "libsodium does not start");
}

std::optional<Bytes> unpadded_base64(std::string_view text) {
  return read_base64(text, Padding::no);
}

Key32 hmac(ByteView key, ByteView text, std::uint8_t end_mark = 0) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key.data(), key.size());
  crypto_auth_hmacsha256_update(&state, text.data(), text.size());
  if (end_mark != 0) crypto_auth_hmacsha256_update(&state, &end_mark, 1);
  Key32 out;
  crypto_auth_hmacsha256_final(&state, out.data());
  return out;
}

// HKDF-SHA-256 (RFC 5869), 32 bytes.
Key32 hkdf(ByteView secret, ByteView salt, std::string_view info) {
  return hmac(hmac(salt, secret), view(info), 1);
}

// That scrypt takes: blocks of 1 KiB.
std::uint64_t memory_of(std::uint64_t work) { return std::uint64_t{1024} << work; }

Key32 scrypt(const Secret& passphrase, ByteView salt, std::uint64_t work) {
  constexpr std::string_view kLabel = "age-encryption.org/v1/scrypt";
  Bytes all(kLabel.begin(), kLabel.end());
  all.insert(all.end(), salt.begin(), salt.end());
  Key32 out;
  if (crypto_pwhash_scryptsalsa208sha256_ll(
          reinterpret_cast<const std::uint8_t*>(passphrase.text().data()), passphrase.size(),
          all.data(), all.size(), std::uint64_t{1} << work, 8, 1, out.data(), out.size()) != 0) {
    fail(Kind::failed, "there is not enough memory to derive a key from the passphrase ({})",
         human_bytes(memory_of(work)));
  }
  return out;
}

// Of the secret that both ends of an X25519 stanza have; none where that is no secret.
std::optional<Key32> x25519_key(const SecretArray<32>& secret, const AgeRecipient& other,
                                const AgeRecipient& share, const AgeRecipient& recipient) {
  Key32 shared;
  if (crypto_scalarmult(shared.data(), secret.data(), other.data()) != 0) return {};
  Bytes salt(share.begin(), share.end());
  salt.insert(salt.end(), recipient.begin(), recipient.end());
  return hkdf(shared, salt, "age-encryption.org/v1/X25519");
}

constexpr std::array<std::uint8_t, crypto_aead_chacha20poly1305_IETF_NPUBBYTES> kZeroNonce = {};

Bytes wrap(const Key32& key, const FileKey& file_key) {
  Bytes out(file_key.size() + kAgeTag);
  crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, file_key.data(), file_key.size(),
                                            nullptr, 0, nullptr, kZeroNonce.data(), key.data());
  return out;
}

std::optional<FileKey> unwrap(const Key32& key, ByteView body) {
  FileKey out;
  if (crypto_aead_chacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, body.data(),
                                                body.size(), nullptr, 0, kZeroNonce.data(),
                                                key.data()) != 0) {
    return {};
  }
  return out;
}

struct Stanza {
  std::vector<std::string> words;
  Bytes body = {};
};

std::string to_text(const Stanza& stanza) {
  constexpr std::size_t kColumns = 64;
  std::string out = "->";
  for (const std::string& word : stanza.words) out.append(" ").append(word);
  const std::string body = to_base64(stanza.body, Padding::no);
  for (std::size_t at = 0; at <= body.size(); at += kColumns) {
    out.append("\n").append(body.substr(at, kColumns));
  }
  return out.append("\n");
}

Key32 mac_of(const FileKey& file_key, std::string_view header) {
  return hmac(hkdf(file_key, Key32{}, "header"), view(header));
}

// Reads the header's lines, and keeps its text.
class HeaderReader {
 public:
  HeaderReader(Input& in, std::string text) : in_(in), text_(std::move(text)) {}

  [[noreturn]] void damaged() const {
    throw Error{Kind::input, fmt::format("{} has a damaged age header", in_.name()),
                "copy or make it again"};
  }
  std::string line() {
    const std::size_t begin = text_.size();
    for (;;) {
      std::uint8_t byte = 0;
      if (in_.read({&byte, 1}) == 0) fail(Kind::input, "{} is incomplete", in_.name());
      text_ += static_cast<char>(byte);
      if (byte == '\n') return text_.substr(begin, text_.size() - begin - 1);
      if (byte < 0x20 || byte > 0x7e || text_.size() > kMostHeader) damaged();
    }
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  Input& in_;
  std::string text_;
};

struct AgeHeader {
  std::vector<Stanza> stanzas;
  std::string text = {};  // what the MAC is of
  Bytes mac = {};
};

AgeHeader read_header(HeaderReader& in) {
  constexpr std::size_t kColumns = 64;
  AgeHeader out;
  for (;;) {
    const std::string line = in.line();
    if (line.starts_with("--- ")) {
      const auto mac = unpadded_base64(std::string_view(line).substr(4));
      if (!mac || mac->size() != Key32().size() || out.stanzas.empty()) in.damaged();
      out.text = in.text().substr(0, in.text().size() - line.size() - 1 + 3);
      out.mac = *mac;
      return out;
    }
    if (!line.starts_with("-> ")) in.damaged();
    Stanza stanza{split(line.substr(3), ' ')};
    if (std::ranges::any_of(stanza.words, &std::string::empty)) in.damaged();
    std::string body, part;
    do {
      part = in.line();
      if (part.size() > kColumns) in.damaged();
      body += part;
    } while (part.size() == kColumns);
    const auto bytes = unpadded_base64(body);
    if (!bytes) in.damaged();
    stanza.body = *bytes;
    out.stanzas.push_back(std::move(stanza));
  }
}

std::optional<FileKey> open_x25519(const HeaderReader& in, const Stanza& stanza,
                                   const AgeIdentity& identity) {
  const auto share = stanza.words.size() == 2 ? unpadded_base64(stanza.words[1]) : std::nullopt;
  if (!share || share->size() != Key32().size() ||
      stanza.body.size() != FileKey().size() + kAgeTag) {
    in.damaged();
  }
  AgeRecipient other;
  std::ranges::copy(*share, other.begin());
  const auto key = x25519_key(identity.secret(), other, other, identity.recipient());
  return key ? unwrap(*key, stanza.body) : std::nullopt;
}

std::optional<FileKey> open_scrypt(const HeaderReader& in, const std::string& name,
                                   const Stanza& stanza, const AgeKeys& keys) {
  const auto salt = stanza.words.size() == 3 ? unpadded_base64(stanza.words[1]) : std::nullopt;
  const auto work = stanza.words.size() == 3 ? whole_number(stanza.words[2]) : std::nullopt;
  if (!salt || salt->size() != 16 || !work || *work == 0 || stanza.words[2].starts_with('0') ||
      stanza.body.size() != FileKey().size() + kAgeTag) {
    in.damaged();
  }
  if (*work > kMostWork) {
    fail(Kind::input, "{}: its passphrase asks for more work than age does (2^{})", name, *work);
  }
  if (keys.max_memory > 0 && memory_of(*work) > keys.max_memory) {
    throw Error{Kind::input,
                fmt::format("{}: its passphrase asks for {} of memory, over the limit of {}", name,
                            human_bytes(memory_of(*work)), human_bytes(keys.max_memory)),
                "raise it with --max-memory if you trust the file"};
  }
  return unwrap(scrypt(keys.passphrase, *salt, *work), stanza.body);
}

FileKey open_header(HeaderReader& reader, const AgeHeader& header, const std::string& name,
                    const AgeKeys& keys) {
  std::optional<FileKey> found;
  bool by_passphrase = false;
  for (const Stanza& stanza : header.stanzas) {
    if (stanza.words[0] == "scrypt") {
      by_passphrase = true;
      if (header.stanzas.size() != 1) reader.damaged();
      if (!keys.passphrase.empty()) found = open_scrypt(reader, name, stanza, keys);
    }
    if (stanza.words[0] != "X25519" || found) continue;
    for (const AgeIdentity& identity : keys.identities) {
      found = open_x25519(reader, stanza, identity);
      if (found) break;
    }
  }
  if (!found) {
    if (by_passphrase) {
      throw Error{Kind::input,
                  keys.passphrase.empty()
                      ? fmt::format("{} is sealed under a passphrase", name)
                      : fmt::format("{} does not open with this passphrase", name),
                  "--passphrase-file FILE holds it in its first line"};
    }
    throw Error{Kind::input,
                fmt::format("{} is sealed to others: {}", name,
                            keys.identities.empty() ? "a passphrase does not open it"
                                                    : "no identity that was given opens it"),
                "--identity FILE names the identity of one of its recipients"};
  }
  const Key32 mac = mac_of(*found, header.text);
  if (sodium_memcmp(mac.data(), header.mac.data(), mac.size()) != 0) {
    fail(Kind::input, "{}: its age header was changed", name);
  }
  return *found;
}

// Of the file's key and the nonce in front of the parts.
AgeParts parts_of(const FileKey& file_key, ByteView nonce) {
  return AgeParts(hkdf(file_key, nonce, "payload"));
}

}  // namespace

AgeParts read_age_header(Input& in, const AgeKeys& keys) {
  ready();
  HeaderReader reader(in, std::string(kAgeVersion));
  const AgeHeader header = read_header(reader);
  const FileKey file_key = open_header(reader, header, in.name(), keys);
  Bytes nonce(kNonce);
  read_exactly(in, nonce);
  return parts_of(file_key, nonce);
}

NewAgeHeader make_age_header(const std::vector<AgeRecipient>& recipients,
                             const Secret& passphrase) {
  ready();
  FileKey file_key;
  randombytes_buf(file_key.data(), file_key.size());
  std::string header(kAgeVersion);
  for (const AgeRecipient& recipient : recipients) {
    const AgeIdentity once = AgeIdentity::make();
    const AgeRecipient share = once.recipient();
    const auto key = x25519_key(once.secret(), recipient, share, recipient);
    if (!key) {
      fail(Kind::usage, "{} is no recipient that anything can be sealed to", to_text(recipient));
    }
    header += to_text(Stanza{{"X25519", to_base64(share, Padding::no)}, wrap(*key, file_key)});
  }
  if (recipients.empty()) {
    std::array<std::uint8_t, 16> salt;
    randombytes_buf(salt.data(), salt.size());
    header += to_text(Stanza{{"scrypt", to_base64(salt, Padding::no), std::to_string(kWork)},
                             wrap(scrypt(passphrase, salt, kWork), file_key)});
  }
  header += "---";
  const std::string mac = to_base64(mac_of(file_key, header), Padding::no);
  header.append(" ").append(mac).append("\n");
  Bytes nonce(kNonce);
  randombytes_buf(nonce.data(), nonce.size());
  header.append(nonce.begin(), nonce.end());
  return {std::move(header), parts_of(file_key, nonce)};
}

}  // namespace mx::io
