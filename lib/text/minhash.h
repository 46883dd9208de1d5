// SPDX-License-Identifier: Apache-2.0
// Near duplicates: MinHash signatures (Broder 1997) over runs of five words (text/words.h,
// plain_words), cut into bands (Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets",
// section 3.4). Two documents whose shingles have the Jaccard similarity s share a band with the
// probability 1 - (1 - s^8)^16: 0.95 at s = 0.8, 0.06 at s = 0.5.
//
// A document of fewer than five words is one shingle. The same on every machine.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mx {

inline constexpr std::size_t kBands = 16, kBandRows = 8, kHashes = kBands * kBandRows;
inline constexpr std::size_t kShingleWords = 5;

using Signature = std::array<std::uint32_t, kHashes>;

[[nodiscard]] Signature minhash(std::string_view document);
// One key per band; equal keys of different bands mean nothing.
[[nodiscard]] std::array<std::uint64_t, kBands> band_keys(const Signature& signature);
// The share of equal entries, which estimates the Jaccard similarity (deviation at most 0.045).
[[nodiscard]] double similarity(const Signature& a, const Signature& b);

}  // namespace mx
