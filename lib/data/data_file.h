// SPDX-License-Identifier: Apache-2.0
// A file of rows or images that is read several times: to count, to learn, to encode. A regular
// file is opened again each time; what comes through a pipe is kept in memory as it came. gzip and
// zstd are seen through.
#pragma once

#include <memory>
#include <string>

#include "file/model.h"
#include "io/age.h"
#include "io/input.h"

namespace mx {

enum class DataKind { csv, tsv, jsonl, npy, idx };

// What `in` holds: arrays by their first bytes, text by the ending of the name (.csv, .tsv, .jsonl,
// .ndjson; in front of .gz or .zst), else by the first line. Gives back an input from the start.
struct Sniffed {
  std::unique_ptr<io::Input> in;
  DataKind kind = DataKind::csv;
};
[[nodiscard]] Sniffed sniff(std::unique_ptr<io::Input> in);

class DataFile {
 public:
  // A path, or "-", sealed (io/age.h) or not. Throws Kind::input, also for a pipe of over
  // `max_memory` bytes (0: default_max_memory()).
  explicit DataFile(std::string path, io::AgeKeys keys = {}, std::uint64_t max_memory = 0);
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::string& name() const { return name_; }  // for messages
  [[nodiscard]] DataKind kind() const { return kind_; }
  // From the start, opened and decompressed.
  [[nodiscard]] std::unique_ptr<io::Input> open() const;
  [[nodiscard]] std::uint64_t max_memory() const { return max_memory_; }
  // Of the bytes as they came (compressed and sealed files: as they lie there).
  [[nodiscard]] Sha256 digest() const;

 private:
  std::string path_, name_;
  io::AgeKeys keys_;
  std::uint64_t max_memory_;
  std::shared_ptr<const io::Input> kept_;  // of a pipe
  DataKind kind_ = DataKind::csv;
};

}  // namespace mx
