// SPDX-License-Identifier: Apache-2.0
// What mx-pack import reads: a file of tensors, or a folder of them with what lies beside.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "convert/source.h"
#include "file/model.h"

namespace mx::pack {

// The tensors, and the digests of the files they are in: those of regular files are computed while
// the tensors are read; a pipe's bytes are held in memory for both.
struct Foreigner {
  std::unique_ptr<TensorSource> source;
  std::future<std::vector<Sha256>> digests;
  Json config = nullptr;     // of a folder that Transformers wrote
  std::string license = {};  // as the folder's README.md or the file itself says
  std::string chat = {};     // the template of conversations, likewise
  Json metadata = nullptr;   // what else the file says, an object
};

// A file, "-", an index of shards, or a folder, which stands for the tensors in it. Throws
// Kind::input, also for what takes over `max_memory` bytes of memory.
[[nodiscard]] Foreigner open_foreigner(const std::string& path, std::uint64_t max_memory);

}  // namespace mx::pack
