// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "base/error.h"
#include "base/words.h"
#include "convert/hugging_face.h"
#include "data/schema.h"
#include "io/input.h"
#include "text/json_look.h"
#include "text/tokenizer_file.h"

namespace mx {
namespace {

std::string text_of(const std::filesystem::path& path) {
  constexpr std::uint64_t kMostText = 16 << 20;  // tens of thousands of added tokens are one file
  const Bytes bytes = io::read_all(*io::open_input(path.string()), kMostText);
  return {bytes.begin(), bytes.end()};
}

// A JSON object of a folder; null when there is no such file.
Json object_in(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return nullptr;
  return parse_json(text_of(path), printable(path.string()));
}

void read_modes(const std::filesystem::path& path, SentencePooling& out) {
  const Json modes = object_in(path);
  bool mean = false;
  if (modes.is_object()) {
    for (const auto& [key, value] : modes.items()) {
      if (!key.starts_with("pooling_mode_") || value != Json(true)) continue;
      if (key == "pooling_mode_cls_token") {
        out.first = true;
      } else if (key == "pooling_mode_mean_tokens") {
        mean = true;
      } else {
        fail(Kind::input, "{} asks for {}, which is not known here", printable(path.string()),
             printable(key));
      }
    }
  }
  if (mean == out.first)
    fail(Kind::input, "{} says no one way of pooling", printable(path.string()));
}

}  // namespace

std::optional<SentencePooling> read_pooling(const std::string& folder) {
  namespace fs = std::filesystem;
  const fs::path root(folder);
  const Json modules = object_in(root / "modules.json");
  if (!modules.is_array()) return std::nullopt;
  SentencePooling out;
  bool pools = false;
  for (const Json& module : modules) {
    const std::string type = module.is_object() ? module.value("type", "") : "";
    const std::string last = type.substr(type.rfind('.') + 1);
    if (last == "Pooling") {
      const std::string path = module.value("path", "");
      if (path.find('/') != std::string::npos || path == "..") {
        fail(Kind::input, "modules.json leads out of its folder");
      }
      read_modes(root / path / "config.json", out);
      pools = true;
    } else if (last == "Normalize") {
      out.normalize = true;
    } else if (last != "Transformer") {
      fail(Kind::input, "modules.json asks for {}, which is not known here", printable(type));
    }
  }
  if (!pools) return std::nullopt;
  const Json lengths = object_in(root / "sentence_bert_config.json");
  if (lengths.is_object() && lengths.contains("max_seq_length") &&
      lengths["max_seq_length"].is_number_unsigned()) {
    out.longest = lengths["max_seq_length"].get<std::int64_t>();
  }
  return out;
}

void add_text(Header& header, const std::vector<std::string>& labels, const Tokenizer& tokenizer,
              const std::string& name) {
  const std::int64_t vocabulary = vocabulary_of(header.network);
  if (static_cast<std::int64_t>(tokenizer.size()) > vocabulary) {
    fail(Kind::input, "{} has {} tokens and the network only {}", name, tokenizer.size(),
         vocabulary);
  }
  header.extra["tokenizer"] = tokenizer.to_json();
  if (labels.empty() && output_shape(header.network).size() == 1) return;
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
}

void add_text(Header& header, const std::vector<std::string>& labels, const std::string& folder) {
  add_text(header, labels, *tokenizer_from_folder(folder),
           fmt::format("the tokenizer of {}", printable(folder)));
}

std::string read_chat_template(const std::string& folder) {
  const std::filesystem::path root(folder);
  const std::filesystem::path file = root / "chat_template.jinja";
  std::error_code ignored;
  if (std::filesystem::is_regular_file(file, ignored)) return text_of(file);
  const Json config = object_in(root / "tokenizer_config.json");
  const Json& own = look(config, {"chat_template"});
  if (own.is_string()) return own.get<std::string>();
  for (const Json& one : own.is_array() ? own : Json::array()) {
    if (word_at(one, {"name"}) == "default") return word_at(one, {"template"});
  }
  return "";
}

}  // namespace mx
