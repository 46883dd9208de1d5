// SPDX-License-Identifier: Apache-2.0
#include "file/minisign.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "base/base64.h"
#include "base/error.h"
#include "base/words.h"
#include "file/memory.h"

namespace mx {
namespace {

constexpr std::string_view kUntrusted = "untrusted comment: ";
constexpr std::string_view kTrusted = "trusted comment: ";
constexpr std::size_t kMostComment = 8192;
constexpr std::uint64_t kMostOps = std::uint64_t{1} << 27U, kMostMemory = std::uint64_t{1} << 31U;

// Places in a secret key's bytes.
constexpr std::size_t kSalt = 6, kOps = 38, kMemory = 46, kSecret = 54, kSecretSize = 158;
constexpr std::size_t kStream = kSecretSize - kSecret;  // id, key, checksum: under the passphrase

void ready() {
  if (sodium_init() < 0) fail(Kind::failed, "libsodium does not start");
}

// Exactly `size` bytes, or none.
Bytes sized_base64(std::string_view text, std::size_t size) {
  Bytes out = read_base64(text).value_or(Bytes());
  if (out.size() != size) out.clear();
  return out;
}

// Views of it: it may be a secret.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  while (!out.empty() && out.back().empty()) out.pop_back();
  for (std::string_view& line : out) {
    if (line.ends_with('\r')) line.remove_suffix(1);
  }
  return out;
}

[[noreturn]] void refuse(const std::string& name, std::string_view what, std::string hint = {}) {
  throw Error{Kind::input, fmt::format("{} {}", printable(name), what), std::move(hint)};
}

template <std::size_t N>
std::array<std::uint8_t, N> part(ByteView bytes, std::size_t begin) {
  std::array<std::uint8_t, N> out;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(begin), N, out.begin());
  return out;
}

bool starts(ByteView bytes, std::string_view letters) {
  return bytes.size() >= letters.size() &&
         std::equal(letters.begin(), letters.end(), bytes.begin(),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

std::uint64_t little_endian(ByteView bytes, std::size_t at) {
  std::uint64_t out = 0;
  for (std::size_t i = 8; i-- > 0;) out = out << 8U | bytes[at + i];
  return out;
}

void put_little_endian(std::span<std::uint8_t> bytes, std::size_t at, std::uint64_t value) {
  for (std::size_t i = 0; i < 8; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> 8 * i);
}

// BLAKE2b-256 of algorithm, id and key.
std::array<std::uint8_t, 32> checksum(const SecretKey& key) {
  io::SecretBytes all = {'E', 'd'};
  all.insert(all.end(), key.id.begin(), key.id.end());
  all.insert(all.end(), key.key.begin(), key.key.end());
  std::array<std::uint8_t, 32> out;
  crypto_generichash(out.data(), out.size(), all.data(), all.size(), nullptr, 0);
  return out;
}

// Turns id, key and checksum into what is stored, and back.
void apply_passphrase(io::SecretBytes& bytes, const io::Secret& passphrase) {
  io::SecretArray<kStream> stream;
  if (crypto_pwhash_scryptsalsa208sha256(
          stream.data(), stream.size(), passphrase.text().data(), passphrase.size(),
          bytes.data() + kSalt, little_endian(bytes, kOps), little_endian(bytes, kMemory)) != 0) {
    fail(Kind::failed, "there is not enough memory to derive a key from the passphrase ({})",
         human_bytes(little_endian(bytes, kMemory)));
  }
  for (std::size_t i = 0; i < kStream; ++i) bytes[kSecret + i] ^= stream[i];
}

// The bytes of a secret key's text.
io::SecretBytes secret_bytes(std::string_view text, const std::string& name) {
  const std::vector<std::string_view> lines = lines_of(text);
  if (lines.size() == 2 && lines[0].starts_with(kUntrusted)) {
    Bytes decoded = sized_base64(lines[1], kSecretSize);
    io::SecretBytes bytes(decoded.begin(), decoded.end());
    io::wipe(decoded.data(), decoded.size());
    if (starts(bytes, "Ed") && bytes[4] == 'B' && bytes[5] == '2') return bytes;
  }
  refuse(name, "is no secret key of minisign's form", "mx-pack keygen -o KEY makes one");
}

}  // namespace

struct Blake2bStream::State {
  crypto_generichash_state state;
};
Blake2bStream::Blake2bStream() : state_(new State) {
  ready();
  crypto_generichash_init(&state_->state, nullptr, 0, Blake2b512().size());
}
Blake2bStream::~Blake2bStream() = default;
void Blake2bStream::add(ByteView bytes) {
  crypto_generichash_update(&state_->state, bytes.data(), bytes.size());
}
Blake2b512 Blake2bStream::finish() {
  Blake2b512 out;
  crypto_generichash_final(&state_->state, out.data(), out.size());
  return out;
}

std::string key_name(const KeyId& id) {
  std::string out;
  for (std::size_t i = id.size(); i-- > 0;) out += fmt::format("{:02X}", id[i]);
  return out;
}

PublicKey parse_public_key(std::string_view text, const std::string& name) {
  const std::vector<std::string_view> lines = lines_of(text);
  const bool file = lines.size() == 2 && lines[0].starts_with(kUntrusted);
  if (file || lines.size() == 1) {
    const Bytes bytes = sized_base64(lines.back(), 42);
    if (starts(bytes, "Ed")) return {part<8>(bytes, 2), part<32>(bytes, 10)};
  }
  refuse(name, "is no public key of minisign's form", "mx-pack keygen -o KEY writes KEY.pub");
}

std::string to_text(const PublicKey& key) {
  Bytes bytes = {'E', 'd'};
  bytes.insert(bytes.end(), key.id.begin(), key.id.end());
  bytes.insert(bytes.end(), key.key.begin(), key.key.end());
  return fmt::format("{}minisign public key {}\n{}\n", kUntrusted, key_name(key.id),
                     to_base64(bytes));
}

PublicKey SecretKey::public_key() const {
  PublicKey out{.id = id};
  std::copy_n(key.begin() + 32, 32, out.key.begin());
  return out;
}

SecretKey make_secret_key() {
  ready();
  SecretKey out;
  PublicKey unused;
  randombytes_buf(out.id.data(), out.id.size());
  crypto_sign_keypair(unused.key.data(), out.key.data());
  return out;
}

bool is_encrypted(std::string_view text, const std::string& name) {
  return secret_bytes(text, name)[2] != 0;
}

SecretKey parse_secret_key(std::string_view text, const std::string& name,
                           const std::optional<io::Secret>& passphrase, std::uint64_t max_memory) {
  ready();
  io::SecretBytes bytes = secret_bytes(text, name);
  const bool encrypted = bytes[2] == 'S' && bytes[3] == 'c';
  if (!encrypted && (bytes[2] != 0 || bytes[3] != 0)) {
    refuse(name, "is under a passphrase in a way that is not known here");
  }
  if (encrypted) {
    if (!passphrase) {
      refuse(name, "is under a passphrase", "--passphrase-file FILE holds it in its first line");
    }
    if (little_endian(bytes, kOps) > kMostOps || little_endian(bytes, kMemory) > kMostMemory) {
      refuse(name, "asks for more work or memory than a key of minisign's does");
    }
    if (max_memory > 0) check_memory(printable(name), little_endian(bytes, kMemory), max_memory);
    apply_passphrase(bytes, *passphrase);
  }
  SecretKey out;
  out.id = part<8>(bytes, kSecret);
  std::copy_n(bytes.begin() + kSecret + 8, out.key.size(), out.key.begin());
  const auto sum = part<32>(bytes, kSecret + 72);
  if (encrypted && sum != checksum(out)) refuse(name, "does not open with this passphrase");
  // The public half follows from the seed.
  std::array<std::uint8_t, 32> own = {};
  io::SecretArray<64> whole;
  crypto_sign_seed_keypair(own.data(), whole.data(), out.key.data());
  if (whole != out.key) refuse(name, "is damaged: its halves do not belong together");
  return out;
}

io::Secret to_text(const SecretKey& key, const std::optional<io::Secret>& passphrase) {
  ready();
  io::SecretBytes bytes(kSecretSize);
  const std::string_view algorithms =
      passphrase ? std::string_view("EdScB2") : std::string_view("Ed\0\0B2", 6);
  std::ranges::copy(algorithms, bytes.begin());
  std::ranges::copy(key.id, bytes.begin() + kSecret);
  std::ranges::copy(key.key, bytes.begin() + kSecret + 8);
  if (passphrase) {
    randombytes_buf(bytes.data() + kSalt, kOps - kSalt);
    put_little_endian(bytes, kOps, crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE);
    put_little_endian(bytes, kMemory, crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE);
    std::ranges::copy(checksum(key), bytes.begin() + kSecret + 72);
    apply_passphrase(bytes, *passphrase);
  }
  io::Secret out(fmt::format("{}minisign {}secret key {}\n", kUntrusted,
                             passphrase ? "encrypted " : "", key_name(key.id)));
  std::string text = to_base64(bytes);
  out.add(io::Secret::taken_from(text).text());
  out.add('\n');
  return out;
}

FileSignature parse_signature(std::string_view text, const std::string& name) {
  const std::vector<std::string_view> lines = lines_of(text);
  if (lines.size() != 4 || !lines[0].starts_with(kUntrusted) || !lines[2].starts_with(kTrusted)) {
    refuse(name, "is no signature of minisign's form");
  }
  const Bytes first = sized_base64(lines[1], 74), second = sized_base64(lines[3], 64);
  if (starts(first, "Ed")) {
    refuse(name, "is a signature of the older kind, of the file instead of its digest",
           "sign it again with mx-pack sign, or minisign -S without -l");
  }
  if (!starts(first, "ED") || second.empty()) refuse(name, "is no signature of minisign's form");
  FileSignature out{.id = part<8>(first, 2),
                    .of_file = part<64>(first, 10),
                    .of_comment = part<64>(second, 0),
                    .comment = std::string(lines[2].substr(kTrusted.size()))};
  if (out.comment.size() > kMostComment) refuse(name, "has too long a comment");
  return out;
}

std::string to_text(const FileSignature& signature) {
  Bytes first = {'E', 'D'};
  first.insert(first.end(), signature.id.begin(), signature.id.end());
  first.insert(first.end(), signature.of_file.begin(), signature.of_file.end());
  return fmt::format("{}signature by key {}\n{}\n{}{}\n{}\n", kUntrusted, key_name(signature.id),
                     to_base64(first), kTrusted, signature.comment,
                     to_base64(signature.of_comment));
}

namespace {

// What the second signature is of.
Bytes with_comment(const FileSignature& signature) {
  Bytes out(signature.of_file.begin(), signature.of_file.end());
  out.insert(out.end(), signature.comment.begin(), signature.comment.end());
  return out;
}

}  // namespace

FileSignature sign(const SecretKey& key, const Blake2b512& digest, std::string comment) {
  ready();
  if (comment.size() > kMostComment || comment.find_first_of("\r\n") != std::string::npos) {
    fail(Kind::usage, "the comment has more than one line, or more than {} bytes", kMostComment);
  }
  FileSignature out{.id = key.id, .comment = std::move(comment)};
  crypto_sign_detached(out.of_file.data(), nullptr, digest.data(), digest.size(), key.key.data());
  const Bytes all = with_comment(out);
  crypto_sign_detached(out.of_comment.data(), nullptr, all.data(), all.size(), key.key.data());
  return out;
}

bool verify(const PublicKey& key, const FileSignature& signature, const Blake2b512& digest) {
  ready();
  const Bytes all = with_comment(signature);
  return key.id == signature.id &&
         crypto_sign_verify_detached(signature.of_file.data(), digest.data(), digest.size(),
                                     key.key.data()) == 0 &&
         crypto_sign_verify_detached(signature.of_comment.data(), all.data(), all.size(),
                                     key.key.data()) == 0;
}

}  // namespace mx
