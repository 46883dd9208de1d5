// SPDX-License-Identifier: Apache-2.0
#include "pack/export_folder.h"

#include <filesystem>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/words.h"
#include "convert/safetensors.h"
#include "data/language.h"

namespace mx::pack {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder(const std::string& path, io::Existing existing) : path_(path), existing_(existing) {
    std::error_code error;
    if (fs::exists(path_, error)) {
      if (!fs::is_directory(path_, error)) {
        fail(Kind::usage, "{} is there and is no folder", printable(path));
      }
      if (existing == io::Existing::refuse && !fs::is_empty(path_, error)) {
        throw Error{Kind::usage, fmt::format("the folder {} is not empty", printable(path)),
                    "-f writes into it"};
      }
      return;
    }
    make("");
  }
  Folder(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    if (kept_) return;
    for (auto made = made_.rbegin(); made != made_.rend(); ++made) fs::remove(*made, ignored);
  }

  void make(const std::string& name) {
    std::error_code error;
    const fs::path folder = name.empty() ? path_ : path_ / name;
    if (fs::create_directory(folder, error)) made_.push_back(folder);
    if (error) {
      fail(Kind::output, "cannot make the folder {}: {}", printable(folder.string()),
           error.message());
    }
  }
  [[nodiscard]] std::unique_ptr<io::Output> open(const std::string& name) {
    const fs::path file = path_ / name;
    std::error_code ignored;
    const bool there = fs::exists(file, ignored);
    auto out = io::open_output(file.string(), existing_);
    if (!there) made_.push_back(file);
    return out;
  }
  void add(const std::string& name, const std::string& content) {
    const auto out = open(name);
    out->write(view(content));
    out->commit();
    written_ += out->written();
  }
  void add(const std::string& name, const Json& content) { add(name, content.dump(2) + "\n"); }
  void count(std::uint64_t bytes) { written_ += bytes; }
  [[nodiscard]] std::uint64_t keep() {
    kept_ = true;
    return written_;
  }

 private:
  fs::path path_;
  io::Existing existing_;
  std::vector<fs::path> made_;
  bool kept_ = false;
  std::uint64_t written_ = 0;
};

void add_tensors(Folder& folder, const TensorSource& tensors, const Json& facts) {
  const auto out = folder.open("model.safetensors");
  Json metadata = {{"format", "pt"}};
  metadata.update(facts);
  const auto sink = safetensors_sink(*out, tensors.entries(), metadata);
  for (std::size_t i = 0; i < tensors.entries().size(); ++i) sink->add(tensors.read(i));
  sink->finish();
  folder.count(out->written());
}

// What sentence-transformers reads beside the network.
void add_pooling(Folder& folder, const SentencePooling& pooling, std::int64_t dim) {
  Json modules = Json::array();
  const auto module = [&](const std::string& path, const char* type) {
    modules.push_back({{"idx", modules.size()},
                       {"name", std::to_string(modules.size())},
                       {"path", path},
                       {"type", fmt::format("sentence_transformers.models.{}", type)}});
  };
  module("", "Transformer");
  module("1_Pooling", "Pooling");
  folder.make("1_Pooling");
  folder.add("1_Pooling/config.json", Json{{"word_embedding_dimension", dim},
                                           {"pooling_mode_cls_token", pooling.first},
                                           {"pooling_mode_mean_tokens", !pooling.first},
                                           {"pooling_mode_max_tokens", false},
                                           {"pooling_mode_mean_sqrt_len_tokens", false}});
  if (pooling.normalize) {
    module("2_Normalize", "Normalize");
    folder.make("2_Normalize");
  }
  folder.add("sentence_bert_config.json",
             Json{{"max_seq_length", pooling.longest}, {"do_lower_case", false}});
  folder.add("modules.json", modules);
}

}  // namespace

std::uint64_t write_folder(const std::string& path, io::Existing existing, const Header& header,
                           const HfOut& model, const std::optional<HfTokenizer>& tokenizer,
                           const std::string& readme, const Json& facts) {
  Folder folder(path, existing);
  add_tensors(folder, *model.tensors, facts);
  folder.add("README.md", readme);
  const Rights& rights = header.rights;
  if (!rights.notices.empty()) {
    folder.add("NOTICE", fmt::format("{}", fmt::join(rights.notices, "\n")));
  }
  std::string licenses;
  for (const OwnLicense& own : rights.own) licenses += fmt::format("{}\n\n{}\n", own.id, own.text);
  if (!licenses.empty()) folder.add("LICENSE", licenses);
  if (tokenizer) {
    folder.add("tokenizer.json", tokenizer->tokenizer);
    Json config = tokenizer->config;
    const std::string chat = chat_template_of(header);
    if (!chat.empty()) config["chat_template"] = chat;
    folder.add("tokenizer_config.json", config);
  }
  if (model.pooling) add_pooling(folder, *model.pooling, output_shape(header.network).back());
  folder.add("config.json", model.config);
  return folder.keep();
}

}  // namespace mx::pack
