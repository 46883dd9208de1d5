// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "base/error.h"
#include "base/words.h"
#include "convert/hugging_face.h"
#include "data/schema.h"
#include "io/input.h"
#include "text/tokenizer_file.h"

namespace mx {

void add_text(Header& header, const std::vector<std::string>& labels, const std::string& folder) {
  namespace fs = std::filesystem;
  constexpr std::uint64_t kMostText = 64 << 20;
  std::error_code ignored;
  for (const char* const name : {"tokenizer.json", "vocab.txt"}) {
    const std::string path = (fs::path(folder) / name).string();
    if (!fs::is_regular_file(path, ignored)) continue;
    const Bytes bytes = io::read_all(*io::open_input(path), kMostText);
    const std::unique_ptr<Tokenizer> tokenizer = tokenizer_from_text(text(bytes), printable(path));
    const std::int64_t vocabulary = vocabulary_of(header.network);
    if (static_cast<std::int64_t>(tokenizer->size()) != vocabulary) {
      fail(Kind::input, "{} has {} tokens and the network {}", printable(path), tokenizer->size(),
           vocabulary);
    }
    Schema schema;
    schema.input = {context_of(header.network)};
    schema.task = Task::lm;
    for (const Block& block : header.network.blocks) {
      const auto* const residual = std::get_if<Residual>(&block.any);
      if (residual == nullptr) continue;
      for (const Block& inner : residual->blocks) {
        const auto* const attention = std::get_if<Attention>(&inner.any);
        if (attention != nullptr && !attention->causal) schema.task = Task::mlm;
      }
    }
    if (!labels.empty()) {
      schema.task = Task::classify;
      schema.classes = labels;
      schema.label = "label";
      schema.text = "text";
    }
    schema.source = Schema::Source::text;
    header.schema = to_json(schema);
    header.extra["tokenizer"] = tokenizer->to_json();
    return;
  }
  fail(Kind::input, "{} holds no tokenizer.json and no vocab.txt", printable(folder));
}

}  // namespace mx
