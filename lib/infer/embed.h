// SPDX-License-Identifier: Apache-2.0
// Texts as vectors: what a network computes in front of its head, the mean over the tokens where it
// has one for each.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "file/model.h"

namespace mx {

class TextEncoder;

class Embedder {
 public:
  // Throws Kind::usage unless the model takes tokens and has a tokenizer.
  Embedder(const Model& model, ThreadPool& pool);
  ~Embedder();
  [[nodiscard]] std::size_t size() const;  // numbers of a vector
  // Of each text: [texts.size(), size()]. Those that are too long are cut. Throws Kind::input for a
  // text in which there is nothing.
  [[nodiscard]] std::vector<float> embed(std::span<const std::string> texts);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mx
