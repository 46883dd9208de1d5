// SPDX-License-Identifier: Apache-2.0
// The container's one writer. Every model file comes out of it; it adds digests, the index and the
// end mark, and commits the output (rename into place). Same values, same bytes, for any thread
// count. Throws Kind::output; nothing is left behind then.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/threads.h"
#include "file/base_model.h"
#include "file/model.h"
#include "io/output.h"

namespace mx {

struct WriteOptions {
  Effort effort = Effort::normal;
  // Tensors over 256 KiB as they are, so that they can be mapped (file/mapped.h).
  bool stored = false;
  // Tensors may be stored as differences to this model's, which then is needed to read them.
  const BaseModel* base = nullptr;
};

// Marks the entries that repeat another's bytes. `glance`: a number that equal tensors share and
// others rarely, asked for those that have another's type and shape; `digest`: of a tensor's bytes,
// asked where a glance shows no difference.
void find_repeats(std::vector<TensorEntry>& entries,
                  const std::function<std::uint64_t(std::size_t)>& glance,
                  const std::function<Sha256(std::size_t)>& digest);

// One tensor in memory at a time; header.tensors says which come, in this order.
class ModelWriter {
 public:
  ModelWriter(io::Output& out, const Header& header, ThreadPool& pool,
              const WriteOptions& options = {});
  ~ModelWriter();
  // Must be what the next directory entry says; one that repeats another must have its bytes.
  void add(const Weight& weight) { add(weight, nullptr); }
  void add(Weight&& weight) { add(weight, &weight); }  // takes no memory beside it
  // Writes the rest, commits the output, returns the identity.
  Sha256 finish(const Lineage& lineage, const std::vector<Probe>& probes);

 private:
  void add(const Weight& weight, Weight* spent);
  struct State;
  std::unique_ptr<State> state_;
};

// The directory is made from model.weights; sets model.identity.
void write_model(io::Output& out, Model& model, ThreadPool& pool, const WriteOptions& options = {});
// To a path or "-", through io::open_output. Returns the bytes written.
std::uint64_t write_model(const std::string& path, io::Existing existing, Model& model,
                          ThreadPool& pool, const WriteOptions& options = {});

}  // namespace mx
