// SPDX-License-Identifier: Apache-2.0
#include "prune/prune.h"

#include "base/signals.h"
#include "base/words.h"
#include "cli/models.h"
#include "data/cache_facts.h"
#include "file/adapter.h"
#include "file/digest.h"
#include "file/lineage.h"
#include "file/reader.h"
#include "file/rights.h"
#include "file/writer.h"
#include "infer/probe.h"
#include "infer/quality.h"
#include "io/output.h"
#include "learn/restart.h"
#include "learn/teachers.h"
#include "prune/importance.h"
#include "prune/layers.h"
#include "prune/search.h"
#include "trust/declare.h"
#include "trust/gate.h"
#include "trust/standing.h"

namespace mx::prune {
namespace {

class Prune final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"",
            "Remove the weights a model needs least.",
            "[OPTIONS] MODEL -o OUTPUT",
            {"mx-prune digits.mx --sparsity 0.5 -o pruned.mx",
             "mx-prune digits.mx --sparsity 0.8 --schedule gradual --finetune-epochs 20 --data "
             "digits.csv -o pruned.mx",
             "mx-prune digits.mx --sparsity 0.9 --finetune-epochs 20 --data digits.csv --teacher "
             "digits.mx -o pruned.mx --report pruned.html"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.output = true,
            .json = true,
            .seed = true,
            .threads = true,
            .device = true,
            .dry_run = true,
            .metrics = true,
            .report = true,
            .max_memory = true,
            .models = true,
            .saves_on_signal = true};
  }
  [[nodiscard]] Fields fields() override {
    Fields fields = options_.fields();
    append(fields, rights_.fields());
    return fields;
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"MODEL", "The model file", &path_, true, true}};
  }

  [[nodiscard]] int run(cli::Session& session) override {
    options_.settle();
    if (!options_.prune.importance.empty() &&
        io::same_target(options_.prune.importance, session.common().output)) {
      throw Error{Kind::usage, "--importance and -o name the same file", "name another file"};
    }
    ThreadPool pool(session.threads());
    Model model = read_model(path_, pool, cli::reading(session));
    refuse_adapter(model.header, path_);
    check_probes(model.header.network, model.weights, model.max_memory);
    prepare(model, session.log());
    settle_checkpoint(session);
    options_.check_facts(session, !model.header.schema.is_null());
    load_teachers(model, session, pool);
    const Rights said = rights_.settle(session.licenses(), session.log());
    Gate gate(session.licenses(), session.common().output, rights_.override_reason);
    gate.model(Permission::modify, "prune", model, path_);
    for (std::size_t i = 0; i < teachers_.size(); ++i) {
      gate.model(Permission::distil, "prune", teachers_[i], options_.teachers[i]);
    }
    gate.data("prune", options_.data);
    gate.check();  // before any data is opened
    options_.data.keys = session.common().trust.keys();
    options_.data.max_memory = session.max_memory();
    rows_.load(options_, model, restart_.seed, pool, session.log());
    gate.data("prune", rows_.used());
    const std::optional<PermissionOverride> overridden = gate.settle(session.log());
    Subject start{model.header.network, std::move(model.weights)};
    const std::optional<Evaluation> before = rows_.evaluation(start, pool);
    SearchResult found = prune(session, model, std::move(start), before, pool, session.log());
    const int signal = found.outcome.stopped_by != 0 ? found.outcome.stopped_by : signals::caught();
    if (signal != 0) return stopped(signal, session.log());

    Subject& pruned = found.outcome.subject;
    Json metrics = {{"sparsity", pruned.sparsity}};
    const std::optional<Evaluation> after = rows_.evaluation(pruned, pool);
    if (before) {
      metrics["loss_before"] = before->loss;
      metrics["loss_after"] = after->loss;
    }
    const Network network = model.header.network;
    Json told = {{"layers", layers_json(model.header.network, pruned)}};
    model.header.network = std::move(pruned.network);
    model.weights = std::move(pruned.weights);
    set_probes(model, pool);
    inherit(model, said, session.licenses());
    add_record(model, session, metrics, said, overridden);
    const std::uint64_t bytes = cli::write_model(model, session, pool);
    remove_checkpoints(restart_.path);
    told["models"] = {model_json("before", network, model.bytes, before ? &*before : nullptr),
                      model_json("after", model.header.network, bytes, after ? &*after : nullptr)};
    report(session, model, found, metrics, told, bytes);
    return 0;
  }

 private:
  // Only models with a network are pruned; integer codes become the numbers they stand for.
  void prepare(Model& model, Log& log) const {
    if (model.header.network.empty()) {
      throw Error{Kind::usage, fmt::format("{} has no network to prune", printable(path_)),
                  "mx-pack import --network makes a model of a file of tensors"};
    }
    std::size_t quantized = 0;
    for (Weight& weight : model.weights) {
      if (weight.scheme == Scheme::plain && weight.values.dtype == DType::f32) continue;
      if (weight.scheme != Scheme::plain) ++quantized;
      weight = {.name = weight.name, .values = to_f32(weight)};
    }
    if (quantized > 0) {
      log.warn(
          fmt::format("{} quantized weights are pruned as the 32-bit numbers they stand for; "
                      "quantize the result again with mx-pack",
                      quantized));
    }
  }

  void load_teachers(const Model& model, cli::Session& session, ThreadPool& pool) {
    teachers_ = read_teachers(options_.teachers, cli::reading(session), pool);
    if (!teachers_.empty())
      check_teacher(teachers_.front(), options_.teachers.front(), model, path_);
    for (const Model& teacher : teachers_) teaching_.teachers.push_back(&teacher);
    teaching_.options = options_.distill;
  }

  // Where the fine-tuning, or pruning map by map, saves itself, and the seed of a run that goes on.
  void settle_checkpoint(cli::Session& session) {
    restart_.seed = session.seed();
    if (session.common().dry_run) return;
    if (!options_.finetunes()) {
      // Without a name there is nothing to go on from, and that is no harm in so short a run.
      const bool named = !options_.train.checkpoint.empty() || session.common().output != "-";
      if (!options_.prune.layerwise() || !named) return;
    }
    restart_ = settle_restart(options_.train, session.common().output, cli::seals(session),
                              session.seed(), session.given("seed"), session.log());
  }

  [[nodiscard]] std::string key(const cli::Session& session, const Model& model) const {
    Json facts = {{"tool", "mx-prune"},
                  {"input", to_hex(model.identity)},
                  {"options", session.lineage_options()},
                  {"schema", model.header.schema},
                  {"seed", restart_.seed},
                  {"threads", session.threads()}};
    for (const Model& teacher : teachers_) facts["teachers"].push_back(to_hex(teacher.identity));
    for (const DataUsed& used : rows_.used()) facts["data"].push_back(to_hex(used.sha256));
    return run_key(facts);
  }

  // What gradient and likelihood measure, for all sparsities of this run and, in a file, of others.
  [[nodiscard]] KnownImportance importance(const cli::Session& session, const Model& model) const {
    const Pattern pattern = options_.pattern();
    const bool structured = pattern.kind == Pattern::Kind::structures;
    KnownImportance::Facts facts{
        .model = to_hex(model.identity),
        .rows = rows_digest(*rows_.calibration(), true),
        .criterion = options_.prune.criterion == Criterion::likelihood ? "likelihood" : "gradient",
        .parts = structured ? std::string(name_of(pattern.structure)) : "weights",
        .keep = structured ? options_.prune.keep : ""};
    Record record = make_record("importance", "mx-prune", {{"criterion", facts.criterion}});
    record.parents = {{model.identity, "input"}};
    record.data = rows_.used();
    return {session.common().dry_run ? "" : options_.prune.importance, std::move(facts),
            extend({{&model.lineage, model.identity}}, record), session.max_memory()};
  }

  [[nodiscard]] SearchResult prune(const cli::Session& session, const Model& model, Subject start,
                                   const std::optional<Evaluation>& before, ThreadPool& pool,
                                   Log& log) const {
    std::optional<KnownImportance> known;
    if (options_.knows_importance() &&
        (options_.searches() || !options_.prune.importance.empty())) {
      known.emplace(importance(session, model));
    }
    Recovery recovery;
    recovery.method = {options_.prune,      options_.pattern(), rows_.schema(),
                       rows_.calibration(), session.threads(),  session.max_memory()};
    if (known) recovery.method.known = &*known;
    recovery.finetunes = options_.finetunes() && !session.common().dry_run;
    recovery.gradual = options_.gradual();
    recovery.train = options_.train;
    recovery.data = rows_.training();
    if (!teachers_.empty()) recovery.teaching = &teaching_;
    recovery.seed = restart_.seed;
    recovery.threads = session.threads();
    recovery.device = session.device();
    recovery.checkpoint = {restart_.path, key(session, model)};
    if (options_.prune.layerwise() && !recovery.method.structured() && session.common().dry_run) {
      const StreamMemory memory = recovery.method.memory(start.network);
      log.info(fmt::format(
          "beside the weights: {} of hidden states, {} more inside blocks where "
          "that fits, {} of a map's moments",
          human_bytes(memory.hidden), human_bytes(memory.inside), human_bytes(memory.solving)));
    }
    if (!options_.searches()) {
      return {recovery.at(std::move(start), options_.prune.sparsity.value_or(0), log), {}};
    }
    const double limit = loss_limit(before->loss, *options_.prune.max_loss_increase,
                                    rows_.schema()->task == Task::regress);
    return search(recovery, rows_, start, limit, pool, log);
  }

  [[nodiscard]] int stopped(int signal, Log& log) const {
    log.info(restart_.path.empty() ? "stopped; nothing was written"
                                   : fmt::format("stopped; the same command goes on from {}",
                                                 printable(restart_.path)));
    return 128 + signal;
  }

  void inherit(Model& model, const Rights& said, const LicenseTable& table) const {
    std::vector<Rights> rights = {model.header.rights};
    for (const Model& teacher : teachers_) {
      rights.push_back(as_teacher(teacher.header.rights, table));
    }
    model.header.rights = inherit_rights(rights, said);
  }

  void add_record(Model& model, const cli::Session& session, const Json& metrics,
                  const Rights& said, const std::optional<PermissionOverride>& overridden) {
    Record record = make_record("prune", "mx-prune",
                                options_.for_lineage(session, takes_tokens(model.header.network),
                                                     !model.header.schema.is_null()));
    record.override_permission = overridden;
    declare(record, said, model.header.rights, session.licenses());
    if (rows_.training() != nullptr) record.seed = restart_.seed;
    record.parents = {{model.identity, "input"}};
    std::vector<Past> pasts = {{&model.lineage, model.identity}};
    for (const Model& teacher : teachers_) {
      record.parents.push_back({teacher.identity, "teacher"});
      pasts.push_back({&teacher.lineage, teacher.identity});
    }
    record.data = rows_.used();
    for (const auto& [name, value] : metrics.items()) {
      record.metrics[name] = rounded(value.get<double>());
    }
    model.lineage = extend(pasts, record);
  }

  void report(cli::Session& session, const Model& model, const SearchResult& found,
              const Json& metrics, const Json& told, std::uint64_t bytes) const {
    std::uint64_t nonzero = 0;
    for (const Weight& weight : model.weights) nonzero += count_nonzero(weight.values);
    const std::uint64_t parameters = cost(model.header.network).parameters;
    const double sparsity = metrics["sparsity"].get<double>();
    Json out = {{"sparsity", sparsity}, {"parameters", parameters}, {"nonzero", nonzero}};
    out["loss_before"] = metrics.value("loss_before", Json());
    out["loss_after"] = metrics.value("loss_after", Json());
    std::string human;
    if (session.common().dry_run) human = "without fine-tuning it would be: ";
    human += fmt::format("sparsity {:.4g}, {} parameters, {} not zero, {} bytes\n", sparsity,
                         parameters, nonzero, bytes);
    if (const Dataset* rows = rows_.measured()) {
      out["loss_rows"] = rows->rows;
      out["loss_on"] = rows_.measured_name();
      human +=
          fmt::format("loss {:.5g} -> {:.5g} on {} {} rows\n", metrics["loss_before"].get<double>(),
                      metrics["loss_after"].get<double>(), rows->rows, rows_.measured_name());
    }
    if (found.outcome.steps > 0) out["steps"] = found.outcome.steps;
    for (const Trial& trial : found.tried) {
      out["tried"].push_back({{"sparsity", trial.sparsity}, {"loss", trial.loss}});
    }
    out["bytes"] = bytes;
    out["bytes_before"] = model.bytes;
    out["identity"] = to_hex(model.identity);
    if (rows_.training() != nullptr) out["seed"] = restart_.seed;
    if (rows_.schema() != nullptr) out["task"] = name_of(rows_.schema()->task);
    out.update(told);
    out["parents"] = parents_json(model.lineage.records.back().parents);
    out["data"] = data_json(rows_.used());
    session.result(out, human);
  }

  std::string path_;
  Options options_;
  Restart restart_;
  RightsOptions rights_;
  Rows rows_;
  std::vector<Model> teachers_;
  Teaching teaching_;
};

}  // namespace

std::unique_ptr<cli::Command> prune_command() { return std::make_unique<Prune>(); }

}  // namespace mx::prune
