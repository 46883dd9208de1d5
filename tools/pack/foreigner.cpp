// SPDX-License-Identifier: Apache-2.0
#include "pack/foreigner.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "base/words.h"
#include "convert/hugging_face.h"
#include "convert/sharded.h"
#include "file/digest.h"
#include "io/held_input.h"
#include "io/range_input.h"
#include "io/yaml.h"
#include "pack/describe.h"
#include "text/json_look.h"

namespace mx::pack {
namespace {

std::vector<Sha256> digests_of(const std::vector<std::string>& paths) {
  std::vector<Sha256> out;
  for (const std::string& path : paths) out.push_back(sha256_file(path));
  return out;
}

// A folder stands for the tensors in it.
std::string file_of(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return path;
  for (const char* name : {"model.safetensors.index.json", "model.safetensors",
                           "pytorch_model.bin.index.json", "pytorch_model.bin"}) {
    const std::string file = (fs::path(path) / name).string();
    if (fs::exists(file, ignored)) return file;
  }
  throw Error{
      Kind::input,
      fmt::format("the folder {} holds no model.safetensors, no pytorch_model.bin and no index of "
                  "either",
                  input_name(path)),
      "name the file"};
}

constexpr std::uint64_t kMostText = 1 << 20;  // of a config or a README

// The license that is said between the lines "---" which a README.md of a model hub begins with,
// and where that is "other" its license_name; of several, all. What is no YAML says nothing.
std::string license_in(const std::string& readme) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(readme, ignored)) return "";
  const auto in = io::open_input(readme);
  if (in->size() > kMostText) return "";
  const Bytes bytes = io::read_all(*in, kMostText);
  constexpr std::string_view kLine = "---\n";
  std::string_view front = text(bytes);
  if (!front.starts_with(kLine)) return "";
  front.remove_prefix(kLine.size());
  front = front.substr(0, front.find("\n---"));
  Json facts;
  try {
    facts = io::parse_yaml(front, readme).value;
  } catch (const Error&) {
    return "";
  }
  const Json& said = look(facts, {"license"});
  std::vector<std::string> all;
  for (const Json& one : said.is_array() ? said : Json::array({said})) {
    if (one.is_string()) all.push_back(one.get<std::string>());
  }
  std::string name = word_at(facts, {"license_name"});
  if (all == std::vector<std::string>{"other"} && !name.empty()) return name;
  return fmt::format("{}", fmt::join(all, " AND "));
}

// What lies beside the tensors in a folder; the config's path, or none.
std::optional<std::string> read_beside(const std::string& folder, Foreigner& out) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return std::nullopt;
  out.license = license_in((fs::path(folder) / "README.md").string());
  std::string config = (fs::path(folder) / "config.json").string();
  if (!fs::is_regular_file(config, ignored)) return std::nullopt;
  const Bytes bytes = io::read_all(*io::open_input(config), kMostText);
  out.config = parse_json(text(bytes), input_name(config));
  return config;
}

Foreigner open_tensors(const std::string& given, std::uint64_t max_memory) {
  Foreigner out;
  const std::optional<std::string> config = read_beside(given, out);
  const std::string path = file_of(given);
  const auto with_config = [&](std::vector<std::string> paths) {
    if (config) paths.push_back(*config);
    return paths;
  };
  if (names_index(path)) {
    Sharded sharded = open_shards(path, max_memory);
    out.source = std::move(sharded.source);
    out.digests = std::async(std::launch::async, digests_of, with_config(std::move(sharded.files)));
    return out;
  }
  auto in = io::open_input(path);
  if (in->seekable()) {
    out.source = open_source(std::move(in), max_memory);
    out.digests = std::async(std::launch::async, digests_of, with_config({path}));
    return out;
  }
  in = std::make_unique<io::HeldInput>(std::move(in), max_memory);
  Sha256Stream stream;
  Bytes part(std::size_t{1} << 18U);
  io::RangeInput again(*in);
  while (const std::size_t got = again.read(part)) stream.add(ByteView(part).first(got));
  out.digests = std::async(std::launch::deferred,
                           [digest = stream.finish()] { return std::vector<Sha256>{digest}; });
  const std::uint64_t held = in->size();
  out.source = open_source(std::move(in), std::max<std::uint64_t>(max_memory - held, 1));
  return out;
}

}  // namespace

Foreigner open_foreigner(const std::string& path, std::uint64_t max_memory) {
  Foreigner out = open_tensors(path, max_memory);
  out.chat = read_chat_template(path);
  Json metadata = out.source->metadata();
  if (!metadata.is_object()) return out;
  constexpr const char* kChat = "tokenizer.chat_template";  // GGUF's
  constexpr const char* kLicense = "general.license";
  if (metadata.contains(kChat)) out.chat = word_at(metadata, {kChat});
  if (metadata.contains(kLicense)) out.license = word_at(metadata, {kLicense});
  metadata.erase(kChat);
  if (!metadata.empty()) out.metadata = std::move(metadata);
  return out;
}

}  // namespace mx::pack
