// SPDX-License-Identifier: Apache-2.0
#include "file/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/error.h"
#include "io/input.h"

#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>
#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>  // by the processor's widest registers
#define XXH_DISPATCH_X86
#endif

namespace mx {

struct Sha256Stream::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

namespace {

void check(int result) {
  if (result != 1) fail(Kind::failed, "SHA-256 cannot be computed by this machine's OpenSSL");
}

}  // namespace

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {
  if (state_->context == nullptr) throw std::bad_alloc();
  check(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr));
}
Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::add(ByteView bytes) {
  check(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()));
}

Sha256 Sha256Stream::finish() {
  Sha256 out;
  check(EVP_DigestFinal_ex(state_->context, out.data(), nullptr));
  return out;
}

Sha256 sha256(ByteView bytes) {
  Sha256Stream stream;
  stream.add(bytes);
  return stream.finish();
}

Sha256 sha256_rest(io::Input& in) {
  Sha256Stream stream;
  Bytes buffer(1 << 18);
  while (const std::size_t got = in.read(buffer)) stream.add(ByteView(buffer).first(got));
  return stream.finish();
}

Sha256 sha256_file(const std::string& path) { return sha256_rest(*io::open_input(path)); }

std::string to_hex(const Sha256& digest) { return to_hex(ByteView(digest)); }

std::string short_of(const Sha256& digest) { return to_hex(digest).substr(0, 12); }

std::uint64_t glance_at(ByteView bytes) {
  std::uint64_t out = 0;
  const Xxh128 sum = xxh128(bytes.first(std::min(bytes.size(), kGlance)));
  std::memcpy(&out, sum.data(), sizeof(out));
  return out;
}

Xxh128 xxh128(ByteView bytes, std::uint64_t seed) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed));
#ifdef XXH_DISPATCH_X86
  // The library's wide loops may leave the registers' upper halves in use, after which code for
  // narrow registers (SHA-256 among it) is up to four times slower.
  if (__builtin_cpu_supports("avx")) asm volatile("vzeroupper");
#endif
  Xxh128 out;
  std::memcpy(out.data(), canonical.digest, out.size());
  return out;
}

}  // namespace mx
