// SPDX-License-Identifier: Apache-2.0
// mx-pack without a verb: the same model in fewer bytes, without loss or with little.
#include "base/words.h"
#include "cli/models.h"
#include "file/digest.h"
#include "file/lineage.h"
#include "file/rights.h"
#include "file/writer.h"
#include "infer/quality.h"
#include "pack/commands.h"
#include "pack/describe.h"
#include "pack/merge.h"
#include "pack/packed.h"
#include "pack/quantize.h"

namespace mx::pack {
namespace {

class Pack final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"",
            "Write the same model in fewer bytes.",
            "[OPTIONS] MODEL -o OUTPUT",
            {"mx-pack digits.mx -o packed.mx --effort max",
             "mx-pack digits.mx --quantize int8 --calibrate digits.csv -o int8.mx",
             "mx-pack digits.mx --quantize int4 --calibrate digits.csv -o int4.mx",
             "mx-pack digits.mx --target-size 4.5KB --calibrate digits.csv -o small.mx",
             "mx-pack tuned.mx --base digits.mx -o difference.mx",
             "mx-pack digits.mx --adapter adapter.mx -o merged.mx"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.output = true,
            .json = true,
            .threads = true,
            .dry_run = true,
            .max_memory = true,
            .models = true};
  }
  [[nodiscard]] Fields fields() override {
    Fields fields = effort_field("Packing", effort_);
    append(fields, {{.group = "Packing",
                     .name = "base",
                     .help = "Store differences to this model, which is then needed to read the "
                             "file; with a file of differences to it: restore the full file",
                     .value = &base_,
                     .affects = Affects::run,
                     .holds = Holds::file},
                    {.group = "Packing",
                     .name = "adapter",
                     .help = "Merge this adapter of the model (mx-train --lora) into its weights; "
                             "several are added in their order",
                     .value = &adapters_,
                     .affects = Affects::run,
                     .holds = Holds::file}});
    append(fields, quantize_.fields());
    append(fields, target_.fields());
    append(fields, measure_.fields());
    append(fields, rights_.fields());
    return fields;
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"MODEL", "The model file", &path_, true, true}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    measure_.open_with(session.common().trust.keys(), session.max_memory());
    const bool lossy =
        quantize_.code != Code::none || !quantize_.overrides.empty() || target_.given();
    if (lossy && !base_.empty()) {
      throw Error{Kind::usage, "--base loses nothing, and goes with no quantization",
                  "quantize first, then pack the result with --base"};
    }
    if (!adapters_.empty()) {
      if (lossy || !base_.empty() || measure_.wanted()) {
        throw Error{Kind::usage, "--adapter merges, and does nothing else",
                    "merge first, then pack the result"};
      }
      return merge(session, {path_, adapters_, effort_, rights_});
    }
    return lossy ? quantize(session, {path_, effort_, quantize_, target_, measure_, rights_})
                 : recode(session);
  }

 private:
  // Without loss, one tensor at a time; all of them are kept only where that is cheap, to run the
  // probes before anything is committed.
  int recode(cli::Session& session) const {
    if (measure_.wanted()) {
      throw Error{Kind::usage, "--calibrate and --valid have nothing to measure: nothing is lost",
                  "they belong to --quantize"};
    }
    ThreadPool pool(session.threads());
    const auto in = cli::open_model(path_, session);
    std::optional<BaseModel> base;
    if (!base_.empty()) {
      if (!session.policy().file.empty()) (void)cli::open_model(base_, session);
      base.emplace(base_, pool, &session.common().trust, session.max_memory());
    }
    const BaseModel* const other = base ? &*base : nullptr;
    ModelStream stream(*in, pool,
                       {.max_memory = session.max_memory(),
                        .verify_sections = true,
                        .base = other,
                        .trust = nullptr});
    Header header = stream.header();
    if (other != nullptr && header.kind == FileKind::adapter) {
      throw Error{Kind::usage,
                  fmt::format("{} is an adapter, which is no difference", input_name(path_)),
                  "with --adapter it is merged into its base"};
    }
    // What is stored as differences to this base already is restored.
    const bool restores = other != nullptr && header.base == other->identity();
    if (restores) header.base.reset();
    // The same model in another form: no licence's permission is needed for that.
    const Rights said = rights_.settle(session.licenses(), session.log());
    header.rights = inherit_rights({header.rights}, said);
    const auto out = cli::open_output(session);
    ModelWriter writer(*out, header, pool, {.effort = effort_, .base = restores ? nullptr : other});
    Model kept;
    kept.header = stream.header();
    kept.max_memory = session.max_memory();
    const bool keep =
        !kept.header.network.empty() &&
        raw_bytes(kept.header) < session.max_memory() / 8;  // fp32 takes up to four times as much
    const std::uint64_t tensors = kept.header.tensors.size();
    std::uint64_t done = 0, nonzero = 0;
    while (std::optional<Weight> weight = stream.next()) {
      nonzero += count_nonzero(weight->values);
      if (keep) {
        writer.add(*weight);
        kept.weights.push_back(std::move(*weight));
      } else {
        writer.add(std::move(*weight));
      }
      session.log().progress({"tensor", ++done, tensors, ""});
    }
    ModelStream::Tail tail = stream.finish();
    Json metrics = Json::object();
    if (keep && !tail.probes.empty()) {
      kept.probes = tail.probes;
      metrics["probe_difference"] = rounded(agreeing(kept, pool).difference);
    }
    Record record = make_record("pack", "mx-pack", session.lineage_options());
    record.parents = {{tail.identity, "input"}};
    if (other != nullptr) record.parents.push_back({other->identity(), "base"});
    record.metrics = metrics;
    declare(record, said, header.rights, session.licenses());
    cli::say_overrides(tail.lineage, path_, session);
    const Sha256 identity =
        writer.finish(extend({{&tail.lineage, tail.identity}}, record), tail.probes);
    report_packed(session, kept.header, {nonzero, out->written(), identity}, metrics, "");
    return 0;
  }

  std::string path_, base_;
  std::vector<std::string> adapters_;
  Effort effort_ = Effort::normal;
  QuantizeOptions quantize_;
  Target target_;
  Measure measure_;
  RightsOptions rights_;
};

}  // namespace

CommandPtr pack_command() { return std::make_unique<Pack>(); }

}  // namespace mx::pack
