// SPDX-License-Identifier: Apache-2.0
// The weights of a network in fewer bits: which tensors get which code, and the codes themselves,
// rounded as they are or solved for on calibration rows (solver.h).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/threads.h"
#include "net/network.h"
#include "shrink/levels.h"
#include "shrink/moments.h"
#include "tensor/tensor.h"

namespace mx {

// What a tensor is written as: integers with a scale for each row (int8) or each group (the
// others), or a few f32 values of its own.
enum class Code { none, int8, int4, int3, int2, codebook };
[[nodiscard]] std::string_view name_of(Code code);

struct QuantizeOptions {
  Code code = Code::none;
  std::vector<std::string> overrides;  // REGEX=CODE
  std::int64_t group = 32;
  bool asymmetric = false;
  ScaleRule scales = ScaleRule::absmax;
  std::int64_t codebook = 16;        // values, zero among them
  std::optional<std::int64_t> rows;  // of calibration; none: 256 windows of text, 4096 rows
  double damping = 0.01;
  double rate = 1;
  bool round_others = true;  // norms, biases and statistics to bf16 numbers

  Fields fields();
};

struct TensorCode {
  std::string name;
  Code code = Code::none;
  bool fixed = false;  // by an override
};
// For every tensor of the network that gets a code: the linear maps and convolutions inside blocks
// get options.code, embeddings and a language model's head int8, norms, biases and statistics none;
// an override counts for every tensor of at least two dimensions whose name it matches, the last
// one first. Throws Kind::usage for an override that is no such pair or matches nothing.
[[nodiscard]] std::vector<TensorCode> codes_for(const Network& network,
                                                const QuantizeOptions& options);

struct TensorResult {
  std::string name;
  Code code = Code::none;
  bool solved = false;  // on calibration rows
  double error = 0;     // of the map's outputs (else of its numbers), share of their square
  double damping = 0;   // what the solver needed
};

// Codes one weight, on what its map sees where that is known.
using LayerCoder = std::function<Weight(const Weight&, Code, TensorResult&)>;
using LayerVisit = std::function<void(const std::string& name, const LayerCoder& code_with)>;
// Goes to every tensor of `codes`, first to those that are not solved for, then stage by stage.
// What a visit changes in `weights` is seen by the stages behind it, whose aim remains what the
// network with the weights of the beginning gives.
void visit_layers(const Network& network, const std::vector<Weight>& weights,
                  const std::vector<TensorCode>& codes, const QuantizeOptions& options,
                  const CalibrationRows* rows, ThreadPool& pool, const LayerVisit& visit);

// Changes `weights` in place; those that are not plain stay. With any code, f32 tensors of one
// dimension are rounded to bf16 numbers (they stay f32, but are coded in half the bytes). rows:
// solve the linear maps in the order of the network, each on what the maps before it, changed
// already, give it. progress(done, all) after each tensor.
[[nodiscard]] std::vector<TensorResult> quantize(
    const Network& network, std::vector<Weight>& weights, const std::vector<TensorCode>& codes,
    const QuantizeOptions& options, const CalibrationRows* rows, ThreadPool& pool,
    const std::function<void(std::size_t, std::size_t)>& progress);

}  // namespace mx
