// SPDX-License-Identifier: Apache-2.0
// Teachers asked once: what they say of all training rows, made into a file that any student is
// taught from (data/output_cache.h). A run that is killed while it makes one goes on from the
// pieces in FILE.parts; FILE is there when it is whole.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/fields.h"
#include "base/log.h"
#include "data/output_cache.h"
#include "learn/train.h"

namespace mx {

struct CacheOptions {
  std::string file;  // empty: none
  std::optional<std::int64_t> top, epochs;
  std::string hidden;  // layers, comma-separated

  Fields fields();
};

// What is in the head of `data`'s cache, and what the file's facts must be; without --cache-top and
// --cache-epochs those of a file that is there. Throws Kind::usage for what cannot be cached
// (numbers that are foretold, hidden tokens, images that are moved) and for a file made of
// something else.
[[nodiscard]] CacheFacts wanted_cache(const CacheOptions& options, const TrainJob& job,
                                      const Teaching& teaching);

struct CacheRequest {
  const CacheOptions& options;
  const TrainJob& job;
  const Teaching& teaching;
  const CacheFacts& facts;  // wanted_cache()
  std::uint64_t max_memory = 0;
};
// The cache in the file, which is made first where there is none. Null: a signal came; what was
// made is kept.
[[nodiscard]] std::unique_ptr<OutputCache> ready_cache(const CacheRequest& request,
                                                       ThreadPool& pool, Log& log);

}  // namespace mx
