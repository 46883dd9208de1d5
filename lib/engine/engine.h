// SPDX-License-Identifier: Apache-2.0
// The native CPU executor: a block list and its weights, run without LibTorch. Plain fp32, and int8
// weights (Scheme::channel) with activations kept in fp32 (blocks/linear.cpp says why). Results do
// not depend on the number of threads or on how rows are batched, and agree with PyTorch's to 1e-5
// (tests/engine/golden.json).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/threads.h"
#include "engine/estimate.h"
#include "engine/observer.h"
#include "file/model.h"
#include "net/network.h"
#include "tensor/tensor.h"
#include "text/tokenizer.h"

namespace mx {
namespace engine {
class TokenNetwork;
}

class Engine {
 public:
  // Packs the weights; the arguments may go afterwards. Throws Kind::input when the weights are not
  // the network's (check_tensors), a block is not known here, or even a row (a token) takes more
  // than `max_memory` (estimate.h; 0: half of the machine's) beside the weights that are given. The
  // pool must outlive the engine, and so must the observer of its linear maps and convolutions.
  Engine(const Network& network, std::span<const Weight> weights, ThreadPool& pool,
         MapObserver* observer = nullptr, std::uint64_t max_memory = 0);
  // Within what the model was read with.
  Engine(const Model& model, ThreadPool& pool);
  ~Engine();
  Engine(Engine&&) noexcept;

  [[nodiscard]] std::size_t input_size() const;   // numbers per row
  [[nodiscard]] std::size_t output_size() const;  // numbers per row
  // x: [rows, input_size], y: [rows, output_size]; logits or predictions, no softmax. Of a network
  // on tokens x holds ids, those below 0 at the end being padding, behind which y is 0. Throws
  // Kind::input for ids outside the vocabulary, for rows of padding alone, and for more memory than
  // is allowed.
  void run(std::span<const float> x, std::span<float> y, std::size_t rows);

  // Throws Kind::input when so much at once is more memory than is allowed, inputs and outputs too.
  void check(RunSize size) const;

  // For Sequence; null when rows are no tokens.
  [[nodiscard]] const engine::TokenNetwork* token_network() const;
  [[nodiscard]] ThreadPool& pool() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The ids in front of the padding of a row. Throws Kind::input for what is no id.
[[nodiscard]] std::vector<TokenId> token_ids(std::span<const float> row);

// The instruction set the kernels use here: "avx512", "avx2", "portable". MX_KERNELS=portable (or
// avx2) in the environment asks for a lesser one, for tests.
[[nodiscard]] std::string_view kernel_name();

}  // namespace mx
