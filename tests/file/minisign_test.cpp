// SPDX-License-Identifier: Apache-2.0
#include "file/minisign.h"

#include <doctest/doctest.h>

#include <functional>

#include "base/error.h"

namespace mx {
namespace {

Blake2b512 digest_of(const std::string& text) {
  Blake2bStream stream;
  stream.add(view(text));
  return stream.finish();
}

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

// Made by minisign 0.11: -G -W; then -S of a file that holds "hello\n".
constexpr const char* kSecret =
    "untrusted comment: minisign encrypted secret key\n"
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABZGrQRzSMpX2rb61d9jhZ2"
    "eF7I6s"
    "9gRLodvQMYTx36VUTpYdPQs1VNVCDyQ+"
    "6X0R4odNDT0EQl3P6BoClyUs3zS0ATe0GbVfAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAA=\n";
constexpr const char* kPublic =
    "untrusted comment: minisign public key 9532D21C41AB9105\n"
    "RWQFkatBHNIyldVCDyQ+6X0R4odNDT0EQl3P6BoClyUs3zS0ATe0GbVf\n";
constexpr const char* kSignature =
    "untrusted comment: signature from minisign secret key\n"
    "RUQFkatBHNIylbvZW3YMLjNq/"
    "HY4wNO8YBFgYkM3cppS80uk+cmY3Wnop5YDAC8A1plzs17lmkGK948WjGHwuJTMdMkI9rgk5Aw=\n"
    "trusted comment: timestamp:1795661787\tfile:f\thashed\n"
    "tWfUi2Z+1xTAfP18ciINvb4xGkPATSbsgMHJJUkgALMr0cCkCR0xU3ySb0ku8edQKdt1aEyR9xQ37uvNjV6NDg==\n";

}  // namespace

TEST_CASE("minisign's own key and signature are understood, and the same signature is made") {
  const PublicKey key = parse_public_key(kPublic, "k.pub");
  CHECK(key_name(key.id) == "9532D21C41AB9105");
  CHECK(to_text(key) == kPublic);
  CHECK(parse_public_key("RWQFkatBHNIyldVCDyQ+6X0R4odNDT0EQl3P6BoClyUs3zS0ATe0GbVf", "k") == key);
  const FileSignature signature = parse_signature(kSignature, "f.minisig");
  CHECK(verify(key, signature, digest_of("hello\n")));
  const SecretKey secret = parse_secret_key(kSecret, "k.key", {});
  CHECK(secret.public_key() == key);
  const FileSignature own =
      sign(secret, digest_of("hello\n"), "timestamp:1795661787\tfile:f\thashed");
  CHECK(own.of_file == signature.of_file);
  CHECK(own.of_comment == signature.of_comment);
}

TEST_CASE("any change of digest, signature, comment or key is seen") {
  const PublicKey key = parse_public_key(kPublic, "k.pub");
  const FileSignature right = parse_signature(kSignature, "f.minisig");
  const Blake2b512 digest = digest_of("hello\n");
  CHECK(!verify(key, right, digest_of("hello")));
  for (std::size_t i = 0; i < 64; ++i) {
    FileSignature wrong = right;
    wrong.of_file[i] ^= 1;
    CHECK(!verify(key, wrong, digest));
    wrong = right;
    wrong.of_comment[i] ^= 1;
    CHECK(!verify(key, wrong, digest));
  }
  FileSignature other = right;
  other.comment += ' ';
  CHECK(!verify(key, other, digest));
  other = right;
  other.id[0] ^= 1;
  CHECK(!verify(key, other, digest));
  CHECK(!verify(make_secret_key().public_key(), right, digest));
}

TEST_CASE("keys come back from their text, with and without a passphrase") {
  const SecretKey key = make_secret_key();
  const std::string bare(to_text(key, {}).text());
  CHECK(!is_encrypted(bare, "k"));
  CHECK(parse_secret_key(bare, "k", {}).key == key.key);
  const std::string text(to_text(key, "open, please").text());
  CHECK(is_encrypted(text, "k"));
  CHECK(parse_secret_key(text, "k", "open, please").key == key.key);
  CHECK(message_of([&] { (void)parse_secret_key(text, "k", {}); }) == "k is under a passphrase");
  CHECK(message_of([&] { (void)parse_secret_key(text, "k", "open"); }) ==
        "k does not open with this passphrase");
  // Deriving the key takes 1 GiB.
  CHECK(message_of([&] { (void)parse_secret_key(text, "k", "open", 512 << 20); }) ==
        "k asks for 1.07 GB of memory, over the limit of 536.87 MB");
}

TEST_CASE("texts that are no keys or signatures are refused, at any cut and flipped letter") {
  const std::string signature = kSignature, key = kPublic, secret = kSecret;
  for (std::size_t cut = 0; cut + 1 < signature.size(); ++cut) {
    CHECK_THROWS_AS((void)parse_signature(signature.substr(0, cut), "s"), Error);
  }
  for (std::size_t cut = 0; cut + 1 < key.size(); ++cut) {
    CHECK_THROWS_AS((void)parse_public_key(key.substr(0, cut), "k"), Error);
  }
  for (std::size_t cut = 0; cut + 1 < secret.size(); ++cut) {
    CHECK_THROWS_AS((void)parse_secret_key(secret.substr(0, cut), "k", {}), Error);
  }
  std::string broken = secret;  // a half that belongs to another key
  broken[150] = broken[150] == 'A' ? 'B' : 'A';
  CHECK(message_of([&] { (void)parse_secret_key(broken, "k", {}); }) ==
        "k is damaged: its halves do not belong together");
  CHECK_THROWS_AS((void)parse_signature("\n\n\n\n", "s"), Error);
  CHECK_THROWS_AS((void)parse_public_key("", "k"), Error);
}

TEST_CASE("a key that asks for more memory than there is sense in is refused before it gets it") {
  std::string text(to_text(make_secret_key(), {}).text());
  const std::size_t line = text.find('\n') + 1;
  text.replace(line + 2, 2, "RT");  // the bytes after "Ed": 'S', 'c'
  text.replace(line, 8, "RWRTY0Iy");
  text.replace(line + 52, 20, std::string(20, '/'));  // work and memory
  CHECK(message_of([&] { (void)parse_secret_key(text, "k", "word"); }) ==
        "k asks for more work or memory than a key of minisign's does");
}

}  // namespace mx
