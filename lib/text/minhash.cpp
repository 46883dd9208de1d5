// SPDX-License-Identifier: Apache-2.0
#include "text/minhash.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.h"
#include "text/hash.h"
#include "text/words.h"

namespace mx {
namespace {

// h(x) = upper half of a * x + b over 64 bits: strongly universal on 32-bit x (Dietzfelbinger
// 1996).
struct Functions {
  std::array<std::uint64_t, kHashes> a = {}, b = {};
};

const Functions& functions() {
  static const Functions kMade = [] {
    Functions out;
    Random random(0x6D696E68617368ULL);
    for (std::size_t i = 0; i < kHashes; ++i) {
      out.a[i] = random.next() | 1U;
      out.b[i] = random.next();
    }
    return out;
  }();
  return kMade;
}

std::vector<std::uint32_t> shingles(std::string_view document) {
  const std::string words = plain_words(document);
  std::vector<std::uint64_t> hashes;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = words.find(' ', at);
    hashes.push_back(hash_text(std::string_view(words).substr(at, end - at)));
    at = end + 1;
  }
  if (hashes.empty()) hashes.push_back(hash_text(document));  // no word at all
  std::vector<std::uint32_t> out;
  const std::size_t size = std::min(kShingleWords, hashes.size());
  for (std::size_t at = 0; at + size <= hashes.size(); ++at) {
    std::uint64_t hash = size;
    for (std::size_t i = at; i < at + size; ++i) hash = hash_numbers(hash, hashes[i]);
    out.push_back(static_cast<std::uint32_t>(hash >> 32U));
  }
  return out;
}

}  // namespace

Signature minhash(std::string_view document) {
  const Functions& f = functions();
  Signature least;
  least.fill(~std::uint32_t{0});
  for (const std::uint64_t shingle : shingles(document)) {
    for (std::size_t i = 0; i < kHashes; ++i) {
      const auto hash = static_cast<std::uint32_t>((f.a[i] * shingle + f.b[i]) >> 32U);
      least[i] = std::min(least[i], hash);
    }
  }
  return least;
}

std::array<std::uint64_t, kBands> band_keys(const Signature& signature) {
  std::array<std::uint64_t, kBands> keys = {};
  for (std::size_t band = 0; band < kBands; ++band) {
    std::uint64_t key = band;
    for (std::size_t row = 0; row < kBandRows; ++row) {
      key = hash_numbers(key, signature[band * kBandRows + row]);
    }
    keys[band] = key;
  }
  return keys;
}

double similarity(const Signature& a, const Signature& b) {
  std::size_t equal = 0;
  for (std::size_t i = 0; i < kHashes; ++i) equal += a[i] == b[i] ? 1 : 0;
  return static_cast<double>(equal) / static_cast<double>(kHashes);
}

}  // namespace mx
