// SPDX-License-Identifier: Apache-2.0
// The container's one reader. Everything is refused (Kind::input, section or tensor named) before
// it is used: cut, flipped, too new, another kind of file, sizes over the caps, a network that does
// not fit the tensors. From a pipe: one forward pass. From a regular file: any tensor by itself.
// Head and tail are always those that the identity is of; the weights where sections are verified.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/threads.h"
#include "file/base_model.h"
#include "file/layout.h"
#include "file/model.h"
#include "file/signatures.h"
#include "io/input.h"

namespace mx {

struct ReadOptions {
  std::uint64_t max_memory = 0;  // 0: half of the machine's; held against declared sizes first
  // SHA-256 of the weights too: what trusts an identity asks for it.
  bool verify_sections = false;
  const BaseModel* base = nullptr;  // for a model that is stored as differences to it
  const Trust* trust = nullptr;     // whom a path's model is taken from; null: anybody
  // Called with what a path held before it is given back; throws what makes it unfit.
  std::function<void(const Model&, const std::string& path)> admit = {};
};

struct StoredTensor {  // how a tensor lies in the file, for info and list
  TensorEntry entry;
  Codec codec = Codec::store;  // of the values
  std::uint64_t bytes = 0;     // encoded, chunk headers counted
  // Where it lies: the number of the section, and of the tensors in front of it there.
  std::size_t section = 0, before = 0;
};

struct StoredSection {
  std::uint64_t begin = 0;
  SectionFact fact;
};

struct Overview {  // what is known without decoding a weight
  std::uint64_t version = 0;
  std::uint64_t bytes = 0;  // of the whole file
  Header header;
  std::vector<StoredTensor> tensors;
  std::vector<StoredSection> sections;
  std::uint64_t nonzero = 0;  // numbers that are not zero, as counted by the writer
  Lineage lineage;
  std::vector<Probe> probes;
  Sha256 identity = {};
};

// Header, lineage, probes and index of a regular file; from a pipe, and where sections are
// verified, everything is read through.
[[nodiscard]] Overview read_overview(io::Input& in, const ReadOptions& options = {});
// Everything.
[[nodiscard]] Model read_model(io::Input& in, ThreadPool& pool, const ReadOptions& options = {});
// As above, from a path or "-".
[[nodiscard]] Model read_model(const std::string& path, ThreadPool& pool,
                               const ReadOptions& options = {});
// One tensor of a regular file, in time proportional to it; others: WeightReader.
[[nodiscard]] Weight read_weight(const io::Input& in, const Overview& overview,
                                 std::string_view name, ThreadPool& pool,
                                 std::uint64_t max_memory = 0);

// One tensor in memory at a time, in file order, then the rest of the file.
class ModelStream {
 public:
  ModelStream(io::Input& in, ThreadPool& pool, const ReadOptions& options = {});
  ~ModelStream();
  [[nodiscard]] const Header& header() const;
  [[nodiscard]] std::optional<Weight> next();  // nullopt: all tensors were read
  // After the last tensor: lineage, probes, index and end mark, all checked.
  struct Tail {
    Lineage lineage;
    std::vector<Probe> probes;
    Sha256 identity = {};
  };
  [[nodiscard]] Tail finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mx
