// SPDX-License-Identifier: Apache-2.0
#include "data/prepare/duplicates.h"

#include <cstring>

#include "file/digest.h"
#include "text/clusters.h"

namespace mx {

Fingerprint fingerprint(std::string_view document, const DuplicateOptions& options) {
  Fingerprint out;
  if (options.exact) {
    const auto digest = xxh128(view(document));
    std::memcpy(out.hash.data(), digest.data(), sizeof(out.hash));
  }
  if (options.banded()) out.signature = minhash(document);
  return out;
}

Duplicates::Duplicates(const DuplicateOptions& options, const std::string& folder)
    : options_(options), hashes_(folder), bands_(folder), signatures_(folder) {}

void Duplicates::add(std::uint32_t document, const Fingerprint& fingerprint) {
  if (options_.exact) hashes_.add({fingerprint.hash, document});
  if (!options_.banded()) return;
  for (const std::uint64_t key : band_keys(fingerprint.signature)) bands_.add({key, document});
  if (options_.near) {
    signatures_.append(
        {reinterpret_cast<const std::uint8_t*>(fingerprint.signature.data()), sizeof(Signature)});
  }
}

Duplicates::Found Duplicates::finish(Corpus& corpus) {
  Found found;
  if (options_.exact) drop_exact(corpus, found);
  if (options_.banded()) drop_near(corpus, found);
  for (std::uint32_t i = 0; i < corpus.documents(); ++i) {
    // The smallest member of a cluster never is a duplicate of another.
    if (corpus.parts()[i] != Part::none && corpus.clusters()[i] == i) ++found.clusters;
  }
  return found;
}

void Duplicates::drop_exact(Corpus& corpus, Found& found) {
  HashRecord before = {};
  bool any = false;
  hashes_.finish([&](const HashRecord& record) {
    if (any && record.hash == before.hash) {
      corpus.parts()[static_cast<std::size_t>(record.document)] = Part::none;
      ++found.exact;
    }
    before = record;
    any = true;
  });
}

void Duplicates::drop_near(Corpus& corpus, Found& found) {
  Clusters clusters(corpus.clusters());
  io::ScratchMap map(corpus.folder(), 4ULL * corpus.documents());
  Clusters groups(map.as<std::uint32_t>());
  const auto compare = [&](std::uint32_t a, std::uint32_t b) {
    if (groups.root(a) == groups.root(b)) return;
    if (similarity(signature_of(a), signature_of(b)) >= options_.similarity) groups.join(a, b);
  };
  std::uint64_t key = 0;
  std::uint32_t first = 0, last = 0;
  bool any = false;
  bands_.finish([&](const BandRecord& record) {
    const auto document = static_cast<std::uint32_t>(record.document);
    if (corpus.parts()[document] == Part::none) return;
    if (any && record.key == key) {
      ++found.pairs;
      clusters.join(first, document);
      if (options_.near) {
        compare(first, document);
        if (last != first) compare(last, document);
      }
    } else {
      first = document;
    }
    last = document;
    key = record.key;
    any = true;
  });
  for (std::uint32_t i = 0; i < corpus.documents(); ++i) {
    corpus.clusters()[i] = clusters.root(i);
    if (options_.near && corpus.parts()[i] != Part::none && groups.root(i) != i) {
      corpus.parts()[i] = Part::none;
      ++found.near;
    }
  }
}

Signature Duplicates::signature_of(std::uint32_t document) {
  Signature out;
  signatures_.read_at(sizeof(Signature) * std::uint64_t{document},
                      {reinterpret_cast<std::uint8_t*>(out.data()), sizeof(Signature)});
  return out;
}

}  // namespace mx
