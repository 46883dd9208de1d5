// SPDX-License-Identifier: Apache-2.0
// mx-pack import: tensors of another program's file, fitted to a network or kept as they are.
#include <algorithm>
#include <filesystem>
#include <future>
#include <optional>

#include "base/words.h"
#include "cli/models.h"
#include "convert/gguf_model.h"
#include "convert/hugging_face.h"
#include "convert/mapping.h"
#include "convert/sharded.h"
#include "convert/source.h"
#include "file/digest.h"
#include "file/lineage.h"
#include "file/writer.h"
#include "infer/probe.h"
#include "pack/commands.h"
#include "pack/describe.h"
#include "trust/declare.h"

namespace mx::pack {
namespace {

constexpr std::uint64_t kPipeLimit = 4ULL << 30U;

// The tensors, and the digests of the files they are in: those of regular files are computed while
// the tensors are read; a pipe's bytes are held in memory for both.
struct Foreigner {
  Bytes bytes;
  std::unique_ptr<TensorSource> source;
  std::future<std::vector<Sha256>> digests;
  Json config = nullptr;     // of a folder that Transformers wrote
  std::string license = {};  // as the folder's README.md or the file itself says
};

std::vector<Sha256> digests_of(const std::vector<std::string>& paths) {
  std::vector<Sha256> out;
  for (const std::string& path : paths) out.push_back(sha256_file(path));
  return out;
}

// A folder stands for the safetensors in it.
std::string file_of(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return path;
  for (const char* name : {"model.safetensors.index.json", "model.safetensors"}) {
    const std::string file = (fs::path(path) / name).string();
    if (fs::exists(file, ignored)) return file;
  }
  throw Error{
      Kind::input,
      fmt::format("the folder {} holds no model.safetensors and no index of one", shown(path)),
      "name the file"};
}

constexpr std::uint64_t kMostText = 1 << 20;  // of a config or a README

// "license: mit" between the lines "---" that a README.md of a model hub begins with.
std::string license_in(const std::string& readme) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(readme, ignored)) return "";
  const auto in = io::open_input(readme);
  if (in->size() > kMostText) return "";
  const Bytes bytes = io::read_all(*in, kMostText);
  const std::vector<std::string> lines = split(text(bytes), '\n');
  if (lines.front() != "---") return "";
  for (std::size_t i = 1; i < lines.size() && lines[i] != "---"; ++i) {
    constexpr std::string_view kKey = "license: ";
    if (lines[i].starts_with(kKey)) return lines[i].substr(kKey.size());
  }
  return "";
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
  out.config = parse_json(text(bytes), shown(config));
  return config;
}

Foreigner open_foreigner(const std::string& given) {
  Foreigner out;
  const std::optional<std::string> config = read_beside(given, out);
  const std::string path = file_of(given);
  const auto with_config = [&](std::vector<std::string> paths) {
    if (config) paths.push_back(*config);
    return paths;
  };
  if (names_index(path)) {
    Sharded sharded = open_shards(path);
    out.source = std::move(sharded.source);
    out.digests = std::async(std::launch::async, digests_of, with_config(std::move(sharded.files)));
    return out;
  }
  auto in = io::open_input(path);
  if (in->seekable()) {
    out.source = open_source(std::move(in));
    out.digests = std::async(std::launch::async, digests_of, with_config({path}));
    return out;
  }
  const std::string name = in->name();
  out.bytes = io::read_all(*in, kPipeLimit);
  out.source = open_source(io::memory_input(out.bytes, name));
  out.digests = std::async(std::launch::deferred,
                           [digest = sha256(out.bytes)] { return std::vector<Sha256>{digest}; });
  return out;
}

// For the lineage.
void add_sources(Foreigner& foreign, Record& record) {
  for (const Sha256& digest : foreign.digests.get()) {
    DataUsed used;
    used.sha256 = digest;
    used.role = "source";
    record.data.push_back(std::move(used));
  }
}

// Networks compute with floats of at most 32 bits.
bool is_narrow_float(DType dtype) {
  return dtype == DType::f32 || dtype == DType::f16 || dtype == DType::bf16;
}

class Import final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"import",
            "Make a model file of what PyTorch, NumPy, safetensors or llama.cpp wrote.",
            "[OPTIONS] FILE|FOLDER [--network FILE.yaml] -o OUTPUT",
            {"mx-pack import weights.npz --network network.yaml --license MIT -o model.mx",
             "mx-pack import model.pth --network network.yaml --license MIT -o model.mx",
             "mx-pack import weights.safetensors --license CC-BY-4.0 --owner 'Some Lab' -o "
             "tensors.mx"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.output = true, .json = true, .threads = true};
  }
  [[nodiscard]] Fields fields() override {
    Fields out = {{.group = "Importing",
                   .name = "network",
                   .help = "The block list that the tensors belong to; without it a folder's "
                           "config.json says it, and where there is none the tensors are kept as "
                           "they are",
                   .value = &network_,
                   .holds = Holds::file}};
    append(out, effort_field("Importing", effort_));
    append(out, rights_.fields(false));
    return out;
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {
        {"FILE",
         "A .npz, .npy, .safetensors, .gguf, .pt or .pth file, the folder it is in, or its index",
         &path_}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    Foreigner foreign = open_foreigner(path_);
    Header header;
    const Json metadata = foreign.source->metadata();
    if (metadata.is_object() && !metadata.empty()) header.extra = {{"metadata", metadata}};
    if (metadata.is_object() && metadata.contains("general.license")) {  // GGUF
      foreign.license = metadata["general.license"].get<std::string>();
    }
    if (rights_.license.empty() && !foreign.license.empty()) {
      rights_.license = foreign.license;
      session.log().info("licence, as it says itself: " + printable(rights_.license));
    }
    header.rights = rights_.settle(session.licenses(), session.log());
    if (header.rights.license.empty()) {
      // Whoever trains a model owns it; one from elsewhere is under a licence that somebody knows.
      header.rights.license = "NOASSERTION";
      session.log().warn(
          "under which licence it comes is not said, so what is made from it is refused: "
          "--license");
    }
    Record record = make_record("import", "mx-pack", session.lineage_options());
    declare(record, header.rights, header.rights, session.licenses());
    if (!network_.empty()) {
      header.network = read_network(network_);
      record.options["network"] = to_json(header.network);
    } else if (!foreign.config.is_null() || is_gguf_model(*foreign.source)) {
      if (foreign.config.is_null()) {
        GgufModel gguf = read_gguf_model(std::move(foreign.source));
        foreign.config = std::move(gguf.config);
        foreign.source = std::move(gguf.tensors);
      }
      const std::optional<SentencePooling> pooling = read_pooling(path_);
      if (pooling) header.extra["embedding"] = {{"normalize", pooling->normalize}};
      HuggingFace read =
          read_hugging_face(foreign.config, "config.json", std::move(foreign.source), pooling);
      foreign.source = std::move(read.tensors);
      header.network = std::move(read.network);
      header.family = std::move(read.family);
      if (!std::filesystem::is_directory(path_)) {
        session.log().warn("its tokenizer is not read: the model takes ids of tokens, and no text");
        return fit(session, foreign, std::move(header), std::move(record));
      }
      try {
        add_text(header, read.labels, path_);
      } catch (const Error& error) {
        if (error.kind() != Kind::input) throw;
        session.log().warn(
            fmt::format("{}: the model takes ids of tokens, and no text", error.message()));
      }
    } else {
      return keep(session, foreign, std::move(header), std::move(record));
    }
    return fit(session, foreign, std::move(header), std::move(record));
  }

 private:
  // A file of tensors, one in memory at a time.
  int keep(cli::Session& session, Foreigner& foreign, Header header, Record record) const {
    const TensorSource& source = *foreign.source;
    ThreadPool pool(session.threads());
    header.kind = FileKind::tensors;
    header.tensors = source.entries();
    find_repeats(
        header.tensors, [&](std::size_t i) { return source.glance(i); },
        [&](std::size_t i) { return sha256(source.read(i).data.bytes()); });
    const auto out = cli::open_output(session);
    ModelWriter writer(*out, header, pool, {.effort = effort_});
    for (std::size_t i = 0; i < header.tensors.size(); ++i) {
      writer.add({.name = header.tensors[i].name, .values = source.read(i)});
    }
    add_sources(foreign, record);
    const Sha256 identity = writer.finish({{std::move(record)}}, {});
    session.result(
        {{"tensors", header.tensors.size()},
         {"parameters", parameters_of(header)},
         {"bytes", out->written()},
         {"identity", to_hex(identity)}},
        fmt::format("{} tensors, {} numbers, {} bytes; no network\n", header.tensors.size(),
                    grouped(parameters_of(header)), grouped(out->written())));
    return 0;
  }

  int fit(cli::Session& session, Foreigner& foreign, Header header, Record record) const {
    const TensorSource& source = *foreign.source;
    ThreadPool pool(session.threads());
    Model model;
    model.header = std::move(header);
    const std::vector<TensorEntry>& entries = source.entries();
    const Mapping mapping = map_names(model.header.network, entries);
    std::size_t converted = 0;
    for (std::size_t i = 0; i < mapping.specs.size(); ++i) {
      Tensor values = source.read(mapping.entry[i]);
      if (!is_narrow_float(values.dtype)) {
        values = to_f32(values);
        ++converted;
      }
      model.weights.push_back({.name = mapping.specs[i].name, .values = std::move(values)});
    }
    if (converted > 0) {
      session.log().info(fmt::format("{} tensors were rounded to 32-bit floats", converted));
    }
    set_probes(model, pool);
    add_sources(foreign, record);
    model.lineage.records.push_back(std::move(record));
    const std::uint64_t bytes = cli::write_model(model, session, pool, {.effort = effort_});
    report(session, mapping, entries, model, bytes);
    return 0;
  }

  static void report(cli::Session& session, const Mapping& mapping,
                     const std::vector<TensorEntry>& entries, const Model& model,
                     std::uint64_t bytes) {
    Json lines = Json::array();
    for (std::size_t i = 0; i < mapping.specs.size(); ++i) {
      lines.push_back({{"from", entries[mapping.entry[i]].name}, {"to", mapping.specs[i].name}});
    }
    std::string human;
    for (const std::string& line : describe(mapping, entries)) human += line + "\n";
    session.result({{"mapping", std::move(lines)},
                    {"ignored", mapping.ignored},
                    {"parameters", parameters_of(model.header)},
                    {"bytes", bytes},
                    {"identity", to_hex(model.identity)}},
                   human);
  }

  std::string path_, network_;
  RightsOptions rights_;
  Effort effort_ = Effort::normal;
};

}  // namespace

CommandPtr import_command() { return std::make_unique<Import>(); }

}  // namespace mx::pack
