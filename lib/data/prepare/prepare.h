// SPDX-License-Identifier: Apache-2.0
// Raw text to a data file that trains at once: read, cleaned, duplicates dropped, divided,
// tokenized, packed. Memory is bounded whatever the text: 4 GB of it take less than 1 GB; temporary
// files take about twice the text. Same inputs, options and seed, same bytes, for any number of
// threads.
//
// The file: tensors of data/prepare/token_store.h; `extra` {"tokenizer": ..., "parts": {"train":
// {"tokens", "documents", "bytes"}, ...}}; a lineage record with the report as its metrics, and
// digest, licence and source of every input.
#pragma once

#include <string>
#include <vector>

#include "base/log.h"
#include "base/threads.h"
#include "data/prepare/options.h"
#include "file/model.h"
#include "io/output.h"

namespace mx {

struct Prepared {
  Json report;                   // everything that was counted
  std::uint64_t unreadable = 0;  // rows that were passed over
  std::string first_unreadable;  // and why, with its place
  Sha256 identity = {};
};

// `record`: tool, options, seed and time of the run; data and metrics are filled in here. Throws
// Kind::input when no document is left.
[[nodiscard]] Prepared prepare(const std::vector<std::string>& inputs,
                               const PrepareOptions& options, std::uint64_t seed, Record record,
                               io::Output& out, ThreadPool& pool, Log& log);

}  // namespace mx
