// SPDX-License-Identifier: Apache-2.0
#include "data/prepare/collect.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/words.h"

namespace mx {
namespace {

constexpr std::size_t kBatchDocuments = 8192, kBatchBytes = 8U << 20U;

struct Batch {
  std::vector<Document> documents;  // the first `count` are in use
  std::vector<char> kept;
  std::vector<Fingerprint> fingerprints;
  std::size_t count = 0;

  bool fill(Documents& from) {
    std::size_t bytes = 0;
    for (count = 0; count < kBatchDocuments && bytes < kBatchBytes; ++count) {
      if (count == documents.size()) documents.emplace_back();
      if (!from.next(documents[count])) break;
      bytes += documents[count].text.size();
    }
    kept.assign(count, 0);
    fingerprints.resize(std::max(fingerprints.size(), count));
    return count > 0;
  }
};

// Where the answer begins is marked by a character that no text should have (a noncharacter of
// Unicode), and that this one does not have, so that each step moves it along.
bool clean(const Cleaner& cleaner, Document& document, CleanCounts& counts) {
  std::string& text = document.text;
  if (document.answer == 0) return cleaner.clean(text, counts);
  if (document.answer > text.size()) {
    const bool kept = cleaner.clean(text, counts);
    document.answer = text.size() + 1;
    return kept;
  }
  std::string mark = "\xEF\xB7\x90";  // U+FDD0 to U+FDEF
  while (text.find(mark) != std::string::npos && mark != "\xEF\xB7\xAF") ++mark.back();
  text.insert(document.answer, mark);
  if (!cleaner.clean(text, counts)) return false;
  const std::size_t at = text.find(mark);
  if (at != std::string::npos) text.erase(at, mark.size());
  document.answer = std::min(at, text.size() + 1);  // a line that is dropped takes it along
  return !text.empty();
}

}  // namespace

CleanCounts collect(Documents& documents, const Cleaner& cleaner, const DuplicateOptions& options,
                    Corpus& corpus, Duplicates& duplicates, ThreadPool& pool, Log& log) {
  CleanCounts counts;
  Batch batch;
  while (batch.fill(documents)) {
    // Neighbours in turn, so that one long document does not keep a thread alone for long.
    const std::size_t shares = std::min(batch.count, 4 * pool.threads());
    std::vector<CleanCounts> part(shares);
    pool.run(shares, [&](std::size_t share) {
      for (std::size_t i = share; i < batch.count; i += shares) {
        if (!clean(cleaner, batch.documents[i], part[share])) continue;
        batch.kept[i] = 1;
        batch.fingerprints[i] = fingerprint(batch.documents[i].text, options);
      }
    });
    for (const CleanCounts& share : part) counts.add(share);
    for (std::size_t i = 0; i < batch.count; ++i) {
      if (batch.kept[i] == 0) continue;
      duplicates.add(corpus.documents(), batch.fingerprints[i]);
      corpus.add(batch.documents[i]);
    }
    log.progress({"document", documents.read(), 0,
                  fmt::format("{} read, {} kept", human_bytes(documents.bytes()),
                              human_bytes(corpus.bytes()))});
  }
  corpus.seal();
  return counts;
}

}  // namespace mx
