// SPDX-License-Identifier: Apache-2.0
// mx-pack import: tensors of another program's file, fitted to a network or kept as they are.
#include <algorithm>

#include "base/words.h"
#include "convert/mapping.h"
#include "convert/source.h"
#include "file/digest.h"
#include "file/lineage.h"
#include "file/writer.h"
#include "infer/probe.h"
#include "pack/commands.h"
#include "pack/describe.h"

namespace mx::pack {
namespace {

constexpr std::uint64_t kPipeLimit = 4ULL << 30U;

// The file, and its digest; a pipe's bytes are held in memory for both.
struct Foreigner {
  Bytes bytes;
  Sha256 digest = {};
  std::unique_ptr<TensorSource> source;
};

Sha256 digest_of(const io::Input& in) {
  Sha256Stream digest;
  Bytes piece;
  for (std::uint64_t at = 0; at < in.size(); at += piece.size()) {
    piece.resize(std::min<std::uint64_t>(in.size() - at, 1U << 20U));
    in.read_at(at, piece);
    digest.add(piece);
  }
  return digest.finish();
}

Foreigner open_foreigner(const std::string& path) {
  Foreigner out;
  auto in = io::open_input(path);
  if (in->seekable()) {
    out.digest = digest_of(*in);
    out.source = open_source(std::move(in));
    return out;
  }
  const std::string name = in->name();
  out.bytes = io::read_all(*in, kPipeLimit);
  out.digest = sha256(out.bytes);
  out.source = open_source(io::memory_input(out.bytes, name));
  return out;
}

// Networks compute with floats of at most 32 bits.
bool is_narrow_float(DType dtype) {
  return dtype == DType::f32 || dtype == DType::f16 || dtype == DType::bf16;
}

class Import final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"import",
            "Make a model file of an npz, npy or safetensors file.",
            "[OPTIONS] FILE [--network FILE.yaml] -o OUTPUT",
            {"mx-pack import weights.npz --network network.yaml -o model.mx",
             "mx-pack import weights.safetensors -o tensors.mx"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.output = true, .json = true, .threads = true};
  }
  [[nodiscard]] Fields fields() override {
    return {{.group = "Importing",
             .name = "network",
             .help = "The block list that the tensors belong to; without it they are kept as they "
                     "are, a file of tensors",
             .value = &network_,
             .holds = Holds::file}};
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"FILE", "The file to import", &path_}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    const Foreigner foreign = open_foreigner(path_);
    const TensorSource& source = *foreign.source;
    Header header;
    const Json metadata = source.metadata();
    if (metadata.is_object() && !metadata.empty()) header.extra = {{"metadata", metadata}};
    Record record = make_record("import", "mx-pack", session.lineage_options());
    DataUsed used;
    used.sha256 = foreign.digest;
    used.role = "source";
    record.data.push_back(std::move(used));
    return network_.empty() ? keep(session, source, std::move(header), std::move(record))
                            : fit(session, source, std::move(header), std::move(record));
  }

 private:
  // A file of tensors, one in memory at a time.
  static int keep(cli::Session& session, const TensorSource& source, Header header, Record record) {
    ThreadPool pool(session.threads());
    header.kind = FileKind::tensors;
    header.tensors = source.entries();
    const auto out = io::open_output(session.common().output, existing(session));
    ModelWriter writer(*out, header, pool);
    for (std::size_t i = 0; i < header.tensors.size(); ++i) {
      writer.add({.name = header.tensors[i].name, .values = source.read(i)});
    }
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

  int fit(cli::Session& session, const TensorSource& source, Header header, Record record) const {
    ThreadPool pool(session.threads());
    Model model;
    model.header = std::move(header);
    model.header.network = read_network(network_);
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
    model.lineage.records.push_back(std::move(record));
    const std::uint64_t bytes =
        write_model(session.common().output, existing(session), model, pool);
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
    for (const std::string& name : mapping.ignored) {
      human += fmt::format("{}  is not used\n", printable(name));
    }
    session.result({{"mapping", std::move(lines)},
                    {"ignored", mapping.ignored},
                    {"parameters", parameters_of(model.header)},
                    {"bytes", bytes},
                    {"identity", to_hex(model.identity)}},
                   human);
  }

  std::string path_, network_;
};

}  // namespace

CommandPtr import_command() { return std::make_unique<Import>(); }

}  // namespace mx::pack
