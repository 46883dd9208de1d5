// SPDX-License-Identifier: Apache-2.0
// An adapter put into its base: the one way in which adapters are run, measured and merged, so that
// all of these give the same numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/threads.h"
#include "file/reader.h"

namespace mx {

struct MergeFacts {
  std::uint64_t numbers = 0;  // of the changed weights
  std::uint64_t filled = 0;   // of these, zeros that are none any more (codes are not counted)
  std::uint64_t coded = 0;    // weights that were integer codes
  MergeFacts& operator+=(const MergeFacts& other);
};

// W + alpha / rank * B A in place of each weight W that the adapter is for, in f32 and in this
// order: B A summed over the rank, scaled, added. Weights of other types become f32, the others
// stay as they are; so does model.identity, so that several adapters of one base can be added one
// after the other: the model must have been read with ReadOptions::verify_sections. A model without
// a schema gets the adapter's. The same for any number of threads. `path` names the adapter in
// messages. Throws Kind::input, and changes nothing, when it is no adapter, of another base (both
// identities are said), or has a map that the model has not.
MergeFacts merge_adapter(Model& model, const Model& adapter, const std::string& path,
                         ThreadPool& pool);

// The adapters of these paths, read and merged in order. Throws what reading throws, too.
void merge_adapters(Model& model, const std::vector<std::string>& paths, const ReadOptions& reading,
                    ThreadPool& pool);

}  // namespace mx
