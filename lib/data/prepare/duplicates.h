// SPDX-License-Identifier: Apache-2.0
// Duplicates among the documents of a corpus, found by sorting keys on disk: exact ones by a hash
// of 128 bits, near ones by MinHash bands (text/minhash.h). Deterministic for any thread count.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "data/prepare/corpus.h"
#include "text/external_sort.h"
#include "text/minhash.h"

namespace mx {

struct DuplicateOptions {
  bool exact = true, near = true;
  bool clusters = false;  // needed for the split even when nothing is dropped
  double similarity = 0.8;

  [[nodiscard]] bool banded() const { return near || clusters; }
};

// What is remembered of a document: computed in parallel, added in order.
struct Fingerprint {
  std::array<std::uint64_t, 2> hash = {};
  Signature signature = {};
};
[[nodiscard]] Fingerprint fingerprint(std::string_view document, const DuplicateOptions& options);

class Duplicates {
 public:
  Duplicates(const DuplicateOptions& options, const std::string& folder);
  void add(std::uint32_t document, const Fingerprint& fingerprint);

  struct Found {
    std::uint64_t exact = 0, near = 0;  // documents dropped
    std::uint64_t pairs = 0;            // joined by a band
    std::uint64_t clusters = 0;         // of the documents that stay
  };
  // Marks what is dropped (Part::none) and the clusters. Of equal documents the first stays; of a
  // group of near duplicates, each compared with the first and the last one before it in a band,
  // too. Once.
  [[nodiscard]] Found finish(Corpus& corpus);

 private:
  struct HashRecord {
    std::array<std::uint64_t, 2> hash;
    std::uint64_t document;
    friend auto operator<=>(const HashRecord&, const HashRecord&) = default;
  };
  struct BandRecord {
    std::uint64_t key, document;
    friend auto operator<=>(const BandRecord&, const BandRecord&) = default;
  };
  void drop_exact(Corpus& corpus, Found& found);
  void drop_near(Corpus& corpus, Found& found);
  [[nodiscard]] Signature signature_of(std::uint32_t document);

  DuplicateOptions options_;
  ExternalSort<HashRecord> hashes_;
  ExternalSort<BandRecord> bands_;
  io::Scratch signatures_;
};

}  // namespace mx
