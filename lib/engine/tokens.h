// SPDX-License-Identifier: Apache-2.0
// A network on tokens made ready to run: its blocks in order (token_step.h).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/token_step.h"
#include "tensor/tensor.h"

namespace mx::engine {

class TokenNetwork {
 public:
  // Throws Kind::input when a block cannot follow tokens.
  TokenNetwork(const Network& network, std::span<const Weight> weights, const Kernels& kernels,
               MapObserver* observer = nullptr);
  ~TokenNetwork();

  [[nodiscard]] std::size_t context() const { return context_; }
  [[nodiscard]] std::size_t vocabulary() const { return vocabulary_; }
  [[nodiscard]] std::size_t outputs() const { return outputs_; }  // of a token, or of all (pooled)
  [[nodiscard]] bool pooled() const { return pooled_; }
  // A token's outputs depend on what follows it, so that all come in one call.
  [[nodiscard]] bool sees_ahead() const { return sees_ahead_; }
  // Adds `ids` behind `past` tokens. out: [ids, outputs]; with one token's room, of the last.
  // Throws Kind::input for ids and lengths that cannot be.
  void run(std::span<const TokenId> ids, std::size_t past, Cache& cache, std::span<float> out,
           ThreadPool* pool) const;

 private:
  const Kernels& kernels_;
  std::size_t context_ = 0, vocabulary_ = 0, outputs_ = 0, attentions_ = 0;
  bool pooled_ = false, sees_ahead_ = false;
  std::vector<std::unique_ptr<TokenStep>> steps_;
  std::size_t mixed_ = 0;  // behind so many steps each token goes alone
};

}  // namespace mx::engine
