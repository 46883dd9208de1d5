// SPDX-License-Identifier: Apache-2.0
#include "infer/embed.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "data/language.h"
#include "data/text_rows.h"

namespace mx {
namespace {

// The network without its head, giving one vector.
Network body_of(const Network& network) {
  Network out = network;
  const auto is_head = [](const Block& block) {
    return name_of(block) == "head" || name_of(block) == "transform";
  };
  out.blocks.erase(std::ranges::find_if(out.blocks, is_head), out.blocks.end());
  if (output_shape(out).size() == 2) out.blocks.push_back({TokenPool{.first = false}});
  check_network(out);
  return out;
}

std::vector<Weight> weights_of(const Network& network, const std::vector<Weight>& all) {
  std::vector<Weight> out;
  for (const TensorSpec& spec : tensors(network)) {
    const auto found = std::ranges::find(all, spec.name, &Weight::name);
    if (found == all.end()) fail(Kind::input, "the tensor {} is missing", spec.name);
    out.push_back(*found);
  }
  return out;
}

void to_unit_length(std::span<float> vector) {
  double sum = 0;
  for (const float x : vector) sum += static_cast<double>(x) * x;
  const double length = std::max(std::sqrt(sum), 1e-12);
  for (float& x : vector) x = static_cast<float>(x / length);
}

}  // namespace

struct Embedder::State {
  Network network;
  Engine engine;
  std::shared_ptr<const Tokenizer> tokenizer;
  TextEncoder encoder;
  bool normalize;
};

Embedder::Embedder(const Model& model, ThreadPool& pool) {
  if (!takes_tokens(model.header.network) || tokenizer_json(model.header).is_null()) {
    throw Error{Kind::usage, "the model reads no text, so it makes no vectors of it",
                "--embed is for models on tokens that have a tokenizer"};
  }
  Network network = body_of(model.header.network);
  const std::vector<Weight> weights = weights_of(network, model.weights);
  const std::shared_ptr<const Tokenizer> tokenizer = tokenizer_of(model.header);
  Engine engine(network, weights, pool, nullptr, model.max_memory);
  state_.reset(new State{std::move(network), std::move(engine), tokenizer, TextEncoder(*tokenizer),
                         normalizes_embeddings(model.header)});
}
Embedder::~Embedder() = default;

std::size_t Embedder::size() const { return state_->engine.output_size(); }

std::vector<float> Embedder::embed(std::span<const std::string> texts) {
  const std::size_t context = state_->engine.input_size();
  state_->engine.check({.rows = texts.size(), .tokens = 1});
  std::vector<float> rows(texts.size() * context), out(texts.size() * size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    (void)state_->encoder.encode(texts[i], std::span(rows).subspan(i * context, context));
  }
  state_->engine.run(rows, out, texts.size());
  for (std::size_t i = 0; state_->normalize && i < texts.size(); ++i) {
    to_unit_length(std::span(out).subspan(i * size(), size()));
  }
  return out;
}

}  // namespace mx
