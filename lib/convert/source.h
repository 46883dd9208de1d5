// SPDX-License-Identifier: Apache-2.0
// Files of named tensors that other programs read and write, one tensor in memory at a time.
// Everything a source lists was checked against the bytes that are there: unique names, sizes that
// fit, nothing overlapping. Throws Kind::input, naming the file and the tensor. Nothing in a file
// is run.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "file/model.h"
#include "io/input.h"
#include "io/output.h"
#include "tensor/tensor.h"

namespace mx {

class TensorSource {
 public:
  virtual ~TensorSource() = default;
  // In the file's order; scheme is always plain.
  [[nodiscard]] virtual const std::vector<TensorEntry>& entries() const = 0;
  // The i-th, read now: any order, any number of times. Bit-exact.
  [[nodiscard]] virtual Tensor read(std::size_t i) const = 0;
  // Bytes of memory that reading it takes at most: the tensor, what it is made of, and what is held
  // for others, of which held() may be there already.
  [[nodiscard]] virtual std::uint64_t memory(std::size_t i) const;
  [[nodiscard]] virtual std::uint64_t held() const { return 0; }
  // A number that tensors of the same bytes, type and shape share and others rarely, from little
  // reading.
  [[nodiscard]] virtual std::uint64_t glance(std::size_t i) const = 0;
  // What the file says besides (safetensors' __metadata__, GGUF's keys: an object of strings);
  // null: nothing.
  [[nodiscard]] virtual Json metadata() const { return nullptr; }
};

class TensorSink {
 public:
  virtual ~TensorSink() = default;
  // The next of the entries the sink was opened with; another type or shape is Kind::failed.
  virtual void add(const Tensor& tensor) = 0;
  // After the last one: writes the end and commits the output.
  virtual void finish() = 0;
};

enum class Foreign { npy, npz, safetensors };
// The values of mx-pack export --to.
[[nodiscard]] std::string_view name_of(Foreign format);

// Told by the first bytes. A file that is none of them is refused by its own name where it is known
// (a pickle, HDF5). Opened through io; a pipe and a compressed file are read into memory first.
// That and any one tensor take at most `max_memory` bytes (0: default_max_memory()); a file that
// needs more is refused before it is allocated.
[[nodiscard]] std::unique_ptr<TensorSource> open_source(const std::string& path,
                                                        std::uint64_t max_memory = 0);
[[nodiscard]] std::unique_ptr<TensorSource> open_source(std::unique_ptr<io::Input> in,
                                                        std::uint64_t max_memory = 0);
// `metadata`: an object of strings or null, kept by safetensors only. npy holds exactly one tensor;
// npy and npz have no bf16 and no f8 (Kind::usage). Names must be unique.
[[nodiscard]] std::unique_ptr<TensorSink> open_sink(Foreign format, io::Output& out,
                                                    const std::vector<TensorEntry>& entries,
                                                    const Json& metadata = nullptr);

// What every sink holds its tensors against: the entry that is next (Kind::failed when the tensor
// is another one), and that none is missing.
[[nodiscard]] const TensorEntry& expect_entry(const std::vector<TensorEntry>& entries,
                                              std::size_t next, const Tensor& tensor);
void expect_all(const std::vector<TensorEntry>& entries, std::size_t next);

}  // namespace mx
