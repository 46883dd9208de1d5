// SPDX-License-Identifier: Apache-2.0
// mx-pack import: tensors of another program's file, fitted to a network or kept as they are.
#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/checked.h"
#include "base/words.h"
#include "cli/models.h"
#include "convert/gguf_model.h"
#include "convert/gguf_text.h"
#include "convert/hugging_face.h"
#include "convert/mapping.h"
#include "file/digest.h"
#include "file/lineage.h"
#include "file/memory.h"
#include "file/rights.h"
#include "file/writer.h"
#include "infer/probe.h"
#include "pack/commands.h"
#include "pack/describe.h"
#include "pack/foreigner.h"
#include "pack/said_rights.h"
#include "trust/declare.h"

namespace mx::pack {
namespace {

// For the lineage.
void add_sources(Foreigner& foreign, Record& record) {
  for (const Sha256& digest : foreign.digests.get()) {
    DataUsed used;
    used.sha256 = digest;
    used.role = "source";
    record.data.push_back(std::move(used));
  }
}

// A network's tensors out of those that are mapped onto it. Networks compute with floats of at most
// 32 bits: others are rounded to that.
class Fitted final : public TensorSource {
 public:
  Fitted(const TensorSource& source, const Mapping& mapping) : source_(source), mapping_(mapping) {
    for (std::size_t i = 0; i < mapping.specs.size(); ++i) {
      TensorEntry entry = source.entries()[mapping.entry[i]];
      const bool narrow =
          entry.dtype == DType::f32 || entry.dtype == DType::f16 || entry.dtype == DType::bf16;
      if (!narrow) ++converted_;
      entry.name = mapping.specs[i].name;
      if (!narrow) entry.dtype = DType::f32;
      entries_.push_back(std::move(entry));
    }
  }
  [[nodiscard]] const std::vector<TensorEntry>& entries() const override { return entries_; }
  [[nodiscard]] std::uint64_t glance(std::size_t i) const override {
    return source_.glance(mapping_.entry.at(i));
  }
  [[nodiscard]] std::uint64_t memory(std::size_t i) const override {
    const std::size_t from = mapping_.entry.at(i);
    const bool same = source_.entries()[from].dtype == entries_[i].dtype;
    return checked_add(source_.memory(from), same ? 0 : TensorSource::memory(i), "a tensor");
  }
  [[nodiscard]] Tensor read(std::size_t i) const override {
    Tensor values = source_.read(mapping_.entry.at(i));
    return values.dtype == entries_[i].dtype ? std::move(values) : to_f32(values);
  }
  [[nodiscard]] std::size_t converted() const { return converted_; }

 private:
  const TensorSource& source_;
  const Mapping& mapping_;
  std::vector<TensorEntry> entries_;
  std::size_t converted_ = 0;
};

std::uint64_t bytes_of(const std::vector<TensorEntry>& entries) {
  std::uint64_t bytes = 0;
  for (const TensorEntry& entry : entries) {
    bytes = checked_add(bytes, byte_count(entry.dtype, entry.shape), "the sum of all tensors");
  }
  return bytes;
}

constexpr std::uint64_t kMostProbed = 512 << 20;  // of tensors that are held, to run the network

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
    return {.output = true, .json = true, .threads = true, .max_memory = true};
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
    append(out, rights_.fields());
    return out;
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {
        {"FILE",
         "A .npz, .npy, .safetensors, .gguf, .pt or .pth file, the folder it is in, or its index",
         &path_}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    Foreigner foreign = open_foreigner(path_, session.max_memory());
    Header header;
    Record record = make_record("import", "mx-pack", session.lineage_options());
    header.rights = rights_of(session, foreign, record);
    if (!foreign.metadata.is_null() && !foreign.metadata.empty()) {
      header.extra = {{"metadata", foreign.metadata}};
    }
    declare(record, header.rights, header.rights, session.licenses());
    if (!network_.empty()) {
      header.network = read_network(network_);
      record.options["network"] = to_json(header.network);
    } else if (!foreign.config.is_null() || is_gguf_model(*foreign.source)) {
      take_model(session, foreign, header);
    } else {
      return keep(session, foreign, std::move(header), std::move(record));
    }
    return fit(session, foreign, std::move(header), std::move(record));
  }

 private:
  // What it says itself, and what the user says. Another licence than its own is a permission that
  // somebody gave.
  [[nodiscard]] Rights rights_of(cli::Session& session, Foreigner& foreign, Record& record) const {
    const SaidRights its =
        take_rights(foreign.metadata, foreign.license, session.licenses(), session.log());
    const std::string& own = its.rights.license;
    const Rights given = rights_.settle(session.licenses(), session.log());
    Rights out = inherit_rights({its.rights}, given);
    for (const std::string& line : its.overrides) session.log().warn(printable(line));
    if (its.source) record.parents.push_back({*its.source, "source"});
    const bool nobodys = own.empty() || own == "NOASSERTION";
    const bool other = !nobodys && !given.license.empty() && given.license != own;
    if (other && rights_.override_reason.empty()) {
      throw Error{Kind::input,
                  fmt::format("refused: it is under {}, as it says itself, and not under {}",
                              printable(own), printable(given.license)),
                  "without --license it comes under its own; --override-permission \"reason\" "
                  "takes it under another and is recorded"};
    }
    if (other) {
      session.log().warn(
          fmt::format("overridden: it is under {}, as it says itself", printable(own)));
      record.override_permission = {rights_.override_reason,
                                    {{own, Permission::redistribute, Allowed::unknown}}};
    } else if (!rights_.override_reason.empty()) {
      session.log().warn(
          "--override-permission is not needed: nothing forbids this, and it is not recorded");
    }
    if (!given.license.empty()) {
      out.license = given.license;
    } else if (!own.empty()) {
      session.log().info("licence, as it says itself: " + printable(own));
    }
    if (out.license.empty()) {
      // Whoever trains a model owns it; one from elsewhere is under a licence that somebody knows.
      out.license = "NOASSERTION";
      session.log().warn(
          "under which licence it comes is not said, so what is made from it is refused: "
          "--license");
    }
    return out;
  }

  // The network that a config or a GGUF file says, its tensors under our names, and what reads
  // text: without a tokenizer that is known, ids alone go in.
  void take_model(cli::Session& session, Foreigner& foreign, Header& header) const {
    std::optional<SentencePooling> pooling = read_pooling(path_);
    const auto or_ids_alone = [&](const auto& act) {
      try {
        act();
      } catch (const Error& error) {
        if (error.kind() != Kind::input) throw;
        session.log().warn(
            fmt::format("{}: the model takes ids of tokens, and no text", error.message()));
      }
    };
    const bool gguf_file = foreign.config.is_null();
    std::unique_ptr<Tokenizer> held;  // by the file itself
    if (gguf_file) {
      or_ids_alone([&] { held = read_gguf_tokenizer(*foreign.source); });
      GgufModel gguf = read_gguf_model(std::move(foreign.source));
      foreign.config = std::move(gguf.config);
      foreign.source = std::move(gguf.tensors);
      pooling = gguf.pooling;
    }
    if (!foreign.chat.empty()) header.extra["chat_template"] = foreign.chat;
    if (pooling) header.extra["embedding"] = {{"normalize", pooling->normalize}};
    HuggingFace read =
        read_hugging_face(foreign.config, "config.json", std::move(foreign.source), pooling);
    foreign.source = std::move(read.tensors);
    header.network = std::move(read.network);
    header.family = std::move(read.family);
    if (held) {
      or_ids_alone([&] { add_text(header, read.labels, *held, "its tokenizer"); });
    } else if (!gguf_file) {
      or_ids_alone([&] { add_text(header, read.labels, path_); });
    }
  }

  // One tensor in memory at a time, unless the network is run for probes.
  int write(cli::Session& session, Foreigner& foreign, const TensorSource& source, Header header,
            Record record, Json about, const std::string& human) const {
    ThreadPool pool(session.threads());
    header.tensors = source.entries();
    for (std::size_t i = 0; i < header.tensors.size(); ++i) {
      check_memory(
          fmt::format("{}: tensor {}", input_name(path_), printable(header.tensors[i].name)),
          source.memory(i), session.max_memory());
    }
    find_repeats(
        header.tensors, [&](std::size_t i) { return source.glance(i); },
        [&](std::size_t i) { return sha256(source.read(i).data.bytes()); });
    Model probed;
    if (!header.network.empty()) {
      const std::uint64_t most = std::min(kMostProbed, session.max_memory() / 4);
      if (bytes_of(header.tensors) > most) {
        session.log().info(
            fmt::format("it has no probes: its tensors are over {}", human_bytes(most)));
      } else {
        probed.header = header;
        probed.max_memory = session.max_memory();
        for (std::size_t i = 0; i < header.tensors.size(); ++i) {
          probed.weights.push_back({.name = header.tensors[i].name, .values = source.read(i)});
        }
        set_probes(probed, pool);
      }
    }
    const auto out = cli::open_output(session);
    ModelWriter writer(*out, header, pool, {.effort = effort_});
    for (std::size_t i = 0; i < header.tensors.size(); ++i) {
      if (probed.weights.empty()) {
        writer.add({.name = header.tensors[i].name, .values = source.read(i)});
      } else {
        writer.add(std::move(probed.weights[i]));
      }
    }
    add_sources(foreign, record);
    const Sha256 identity = writer.finish({{std::move(record)}}, probed.probes);
    about.update({{"parameters", parameters_of(header)},
                  {"bytes", out->written()},
                  {"identity", to_hex(identity)}});
    session.result(about, header.network.empty()
                              ? fmt::format("{} tensors, {} numbers, {} bytes; no network\n",
                                            header.tensors.size(), grouped(parameters_of(header)),
                                            grouped(out->written()))
                              : human);
    return 0;
  }

  int keep(cli::Session& session, Foreigner& foreign, Header header, Record record) const {
    header.kind = FileKind::tensors;
    return write(session, foreign, *foreign.source, std::move(header), std::move(record),
                 {{"tensors", foreign.source->entries().size()}}, "");
  }

  int fit(cli::Session& session, Foreigner& foreign, Header header, Record record) const {
    const std::vector<TensorEntry>& entries = foreign.source->entries();
    const Mapping mapping = map_names(header.network, entries);
    const Fitted fitted(*foreign.source, mapping);
    if (fitted.converted() > 0) {
      session.log().info(
          fmt::format("{} tensors were rounded to 32-bit floats", fitted.converted()));
    }
    Json lines = Json::array();
    for (std::size_t i = 0; i < mapping.specs.size(); ++i) {
      lines.push_back({{"from", entries[mapping.entry[i]].name}, {"to", mapping.specs[i].name}});
    }
    std::string human;
    for (const std::string& line : describe(mapping, entries)) human += line + "\n";
    return write(session, foreign, fitted, std::move(header), std::move(record),
                 {{"mapping", std::move(lines)}, {"ignored", mapping.ignored}}, human);
  }

  std::string path_, network_;
  RightsOptions rights_;
  Effort effort_ = Effort::normal;
};

}  // namespace

CommandPtr import_command() { return std::make_unique<Import>(); }

}  // namespace mx::pack
