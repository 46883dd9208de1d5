// SPDX-License-Identifier: Apache-2.0
#include "train/train.h"

#include "base/error.h"
#include "base/words.h"
#include "data/dataset.h"
#include "file/digest.h"
#include "file/lineage.h"
#include "file/reader.h"
#include "file/rights.h"
#include "file/writer.h"
#include "infer/probe.h"
#include "infer/quality.h"
#include "learn/estimate.h"
#include "learn/restart.h"
#include "learn/train.h"
#include "net/families.h"

namespace mx {
namespace {

class Train final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"",
            "Train a model on rows of a table or on images.",
            "[OPTIONS] --data FILE -o OUTPUT",
            {"mx-train --data digits.csv --label digit --hidden 64 --epochs 30 -o digits.mx",
             "mx-train --init digits.mx --data digits.csv --lr 0.0001 --epochs 2 -o tuned.mx"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.output = true,
            .json = true,
            .seed = true,
            .threads = true,
            .device = true,
            .dry_run = true,
            .metrics = true,
            .max_memory = true,
            .saves_on_signal = true};
  }
  [[nodiscard]] Fields fields() override {
    Fields out = {{.group = "Model",
                   .name = "init",
                   .help = "Go on from this model's network, weights and schema",
                   .value = &init_,
                   .holds = Holds::file}};
    append(out, model_options_.fields());
    append(out, data_options_.fields(true));
    append(out, train_options_.fields());
    append(out, rights_fields(rights_));
    return out;
  }

  [[nodiscard]] int run(cli::Session& session) override {
    check_options();
    ThreadPool pool(session.threads());
    const Restart restart = settle_restart(train_options_, session.common().output, session.seed(),
                                           session.given("seed"));
    if (restart.seed != session.seed()) {
      session.log().info(fmt::format("seed {} of the run that is gone on with", restart.seed));
    }
    const std::optional<Model> base = read_base(session, pool);
    const std::optional<Schema> schema = schema_of(base);
    const Loaded data =
        load_for_training(data_options_, schema ? &*schema : nullptr, restart.seed, session.log());
    Model model = start(base, data, session, restart.seed);
    const TrainJob job = make_job(model, base, data, session, restart);
    if (session.common().dry_run) return foresee(job, model, pool, session);

    TrainResult result = train(job, session.log());
    if (result.stopped_by != 0) return stopped(result, restart, session.log());
    model.weights = std::move(result.weights);
    const Quality quality = measure(model, data, pool);
    finish(model, quality, pool);
    const std::uint64_t bytes = write_model(
        session.common().output,
        session.common().force ? io::Existing::replace : io::Existing::refuse, model, pool);
    remove_checkpoint(restart.path);
    report(session, model, result, quality, bytes);
    return 0;
  }

 private:
  void check_options() const {
    if (data_options_.data.empty()) {
      throw Error{Kind::usage, "there is nothing to train on", "--data FILE names the rows"};
    }
  }

  [[nodiscard]] std::optional<Model> read_base(const cli::Session& session, ThreadPool& pool) {
    if (init_.empty()) return std::nullopt;
    Model base = read_model(init_, pool, {.max_memory = session.max_memory()});
    if (base.header.network.empty()) {
      throw Error{Kind::usage, fmt::format("{} has no network to train", printable(init_)),
                  "mx-pack import --network makes a model of a file of tensors"};
    }
    return base;
  }

  static std::optional<Schema> schema_of(const std::optional<Model>& base) {
    if (!base || base->header.schema.is_null()) return std::nullopt;
    return schema_from_json(base->header.schema);
  }

  // The model to be, without weights.
  [[nodiscard]] Model start(const std::optional<Model>& base, const Loaded& data,
                            const cli::Session& session, std::uint64_t seed) {
    const Schema& schema = data.schema;
    Model model;
    Record record = make_record("train", "mx-train", session.lineage_options());
    record.seed = seed;
    record.data = data.used;
    if (base) {
      model.header.family = base->header.family;
      model.header.network = base->header.network;
      model.header.rights = inherit_rights({&base->header.rights}, rights_);
      record.parents = {{base->identity, "init"}};
      model.lineage = extend({&base->lineage}, std::move(record));
      check_network_of_base(model.header.network, schema, session);
    } else {
      model.header.family = name_of(model_options_.family);
      model.header.network =
          build(model_options_, schema.input, static_cast<std::int64_t>(schema.outputs()));
      model.header.rights = rights_;
      model.lineage = extend({}, std::move(record));
    }
    model.header.schema = to_json(schema);
    return model;
  }

  // The network is the model's own: options that say the same are fine, others are not. One that
  // came without a schema must fit the schema learned from the rows.
  void check_network_of_base(const Network& network, const Schema& schema,
                             const cli::Session& session) {
    const std::size_t in = element_count(shapes(network).front());
    const std::size_t out = element_count(output_shape(network));
    if (in != schema.inputs() || out != schema.outputs()) {
      fail(Kind::usage, "{} maps {} to {} numbers, but the rows have {} inputs and {} outputs",
           printable(init_), in, out, schema.inputs(), schema.outputs());
    }
    for (const Field& field : model_options_.fields()) {
      if (!session.given(field.name)) continue;
      const Network said = build(model_options_, shapes(network).front(),
                                 static_cast<std::int64_t>(schema.outputs()));
      if (to_json(said) == to_json(network)) return;
      throw Error{
          Kind::usage,
          fmt::format("--{} says another network than {} has", field.name, printable(init_)),
          "the network comes from the model: leave the option out"};
    }
  }

  [[nodiscard]] TrainJob make_job(const Model& model, const std::optional<Model>& base,
                                  const Loaded& data, const cli::Session& session,
                                  const Restart& restart) const {
    TrainJob job;
    job.network = model.header.network;
    if (base) job.start = base->weights;
    job.data = &data;
    job.options = train_options_;
    job.seed = restart.seed;
    job.threads = session.threads();
    job.device = session.device();
    Json facts = {{"tool", "mx-train"},
                  {"options", session.lineage_options()},
                  {"network", to_json(job.network)},
                  {"schema", model.header.schema},
                  {"seed", restart.seed},
                  {"threads", job.threads}};
    for (const DataUsed& used : data.used) facts["data"].push_back(to_hex(used.sha256));
    if (base) facts["init"] = to_hex(base->identity);
    job.checkpoint = {restart.path, run_key(facts)};
    return job;
  }

  [[nodiscard]] static int foresee(const TrainJob& job, Model& model, ThreadPool& pool,
                                   cli::Session& session) {
    const Estimate expected = estimate(job, model, pool);
    session.result(to_json(expected), describe(expected));
    return 0;
  }

  [[nodiscard]] static int stopped(const TrainResult& result, const Restart& restart, Log& log) {
    log.info(restart.path.empty()
                 ? fmt::format("stopped after step {}; nothing was written", result.steps)
                 : fmt::format("stopped after step {}; the same command goes on from {}",
                               result.steps, printable(restart.path)));
    return 128 + result.stopped_by;
  }

  static void finish(Model& model, const Quality& quality, ThreadPool& pool) {
    model.lineage.records.back().metrics = lineage_metrics(quality);
    set_probes(model, pool);
  }

  static void report(cli::Session& session, const Model& model, const TrainResult& result,
                     const Quality& quality, std::uint64_t bytes) {
    const std::uint64_t parameters = cost(model.header.network).parameters;
    Json out = {{"steps", result.steps},
                {"seconds", result.seconds},
                {"rows_per_second", result.rows_per_second},
                {"train_loss", result.train_loss},
                {"valid_loss", nullptr},
                {"valid_accuracy", nullptr}};
    add_to(out, quality);
    out["parameters"] = parameters;
    out["bytes"] = bytes;
    out["seed"] = *model.lineage.records.back().seed;
    out["identity"] = to_hex(model.identity);
    const std::string human =
        fmt::format("{} steps in {}, {:.0f} rows/s, training loss {:.4g}\n", result.steps,
                    human_seconds(result.seconds), result.rows_per_second, result.train_loss) +
        describe(quality) + fmt::format("{} parameters, {} bytes\n", parameters, bytes);
    session.result(out, human);
  }

  std::string init_;
  ModelOptions model_options_;
  DataOptions data_options_;
  TrainOptions train_options_;
  Rights rights_;
};

}  // namespace

std::unique_ptr<cli::Command> train_command() { return std::make_unique<Train>(); }

}  // namespace mx
