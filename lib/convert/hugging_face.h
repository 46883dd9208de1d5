// SPDX-License-Identifier: Apache-2.0
// Models as Transformers saves them (config.json beside the tensors), as networks of ours.
// Known: llama, mistral, qwen2, qwen3, phi3, gpt2, and bert, roberta and distilbert with a masked
// language model's or a classifier's head. What a config asks for and the blocks cannot say is
// refused by the config's own name for it, and so is any key that is not known.
#pragma once

#include <optional>

#include "convert/source.h"
#include "net/network.h"
#include "text/tokenizer.h"

namespace mx {

struct HuggingFace {
  std::string family;  // "llama"
  Network network;
  // The tensors under our names and in our shapes (fused ones cut, transposed ones turned), in the
  // network's order; what no part of the network reads is refused.
  std::unique_ptr<TensorSource> tensors = nullptr;
  std::vector<std::string> labels = {};  // a classifier's classes, in the order of its outputs
};

// What modules.json of sentence-transformers says: how the vectors of a sentence's tokens become
// one.
struct SentencePooling {
  bool first = false;        // the first token's, else their mean
  bool normalize = false;    // to length 1
  std::int64_t longest = 0;  // tokens of a sentence; 0: as many as the network takes
};
// Of a folder that has one. Throws Kind::input for modules that are not known, by their names.
[[nodiscard]] std::optional<SentencePooling> read_pooling(const std::string& folder);

// Throws Kind::input; `name` is the config's, for messages. pooling: for an encoder without a head.
[[nodiscard]] HuggingFace read_hugging_face(const Json& config, const std::string& name,
                                            std::unique_ptr<TensorSource> tensors,
                                            const std::optional<SentencePooling>& pooling = {});

// The header's schema (not of sentence embeddings, which score nothing) and tokenizer, so that the
// model reads text. Throws Kind::input for a tokenizer of more tokens than the network has; it may
// have fewer. `name` is the tokenizer's, for messages.
void add_text(Header& header, const std::vector<std::string>& labels, const Tokenizer& tokenizer,
              const std::string& name);
// The same with the tokenizer of a folder (text/tokenizer_file.h). Throws Kind::input when there is
// none, or when it is not known here, by its name.
void add_text(Header& header, const std::vector<std::string>& labels, const std::string& folder);

// How a conversation becomes a text (a Jinja template): chat_template.jinja of a folder, or what
// its tokenizer_config.json has, of several the one called default. Empty: none.
[[nodiscard]] std::string read_chat_template(const std::string& folder);

}  // namespace mx
