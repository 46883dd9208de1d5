// SPDX-License-Identifier: Apache-2.0
// The first pass of prepare: documents read, cleaned and fingerprinted, many at a time, and kept.
#pragma once

#include "base/log.h"
#include "base/threads.h"
#include "data/prepare/corpus.h"
#include "data/prepare/documents.h"
#include "data/prepare/duplicates.h"
#include "text/clean.h"

namespace mx {

// Adds what is left of `documents` to `corpus` (which is sealed then) and to `duplicates`.
[[nodiscard]] CleanCounts collect(Documents& documents, const Cleaner& cleaner,
                                  const DuplicateOptions& options, Corpus& corpus,
                                  Duplicates& duplicates, ThreadPool& pool, Log& log);

}  // namespace mx
