// SPDX-License-Identifier: Apache-2.0
#include "train/train.h"

#include "base/error.h"
#include "base/words.h"
#include "data/dataset.h"
#include "data/language.h"
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

constexpr std::int64_t kUsualContext = 128;  // as net/families.h

class Train final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {
        "",
        "Train a model on rows of a table, on images or on text.",
        "[OPTIONS] --data FILE -o OUTPUT",
        {"mx-train --data digits.csv --label digit --hidden 64 --epochs 30 -o digits.mx",
         "mx-train --init digits.mx --data digits.csv --lr 0.0001 --epochs 2 -o tuned.mx",
         "mx-train --data tiny.txt --model gpt --tokenizer char --context 32 --steps 50 -o lm.mx"}};
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
    const Loaded data = load(base, session, restart.seed, pool);
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
    report(session, model, data, result, quality, bytes);
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

  // Rows, or text where the network takes tokens.
  [[nodiscard]] Loaded load(const std::optional<Model>& base, cli::Session& session,
                            std::uint64_t seed, ThreadPool& pool) {
    if (base) return load_for(*base, session, seed, pool);
    if (!takes_tokens(model_options_.family)) {
      if (scores_tokens(data_options_.task)) {
        throw Error{Kind::usage, "the task is about text, but the model takes rows",
                    "--model gpt, llama or bert"};
      }
      return load_for_training(data_options_, nullptr, seed, session.log());
    }
    const bool bert = model_options_.family == Family::bert;
    const std::int64_t context = model_options_.context.value_or(kUsualContext);
    if (bert && !session.given("tokenizer")) data_options_.tokenizer = "wordpiece";
    if (!session.given("task") && !session.given("label")) {
      data_options_.task = bert ? Task::mlm : Task::lm;
    }
    if (data_options_.task == Task::regress) {
      fail(Kind::usage, "a {} learns the task lm, mlm or classify", name_of(model_options_.family));
    }
    if (data_options_.task == Task::classify) {
      const TextReading text{.context = context};
      return load_for_training(data_options_, nullptr, seed, session.log(), &text);
    }
    const LanguageRequest request{
        .task = data_options_.task, .context = context, .tokenizer = {}, .seed = seed};
    return load_language(data_options_, request, pool, session.log());
  }

  // For a model that is gone on with. Its schema may be new: --task classify makes a classifier of
  // a language model's body.
  [[nodiscard]] Loaded load_for(const Model& base, cli::Session& session, std::uint64_t seed,
                                ThreadPool& pool) {
    const bool wanted =
        (session.given("task") || session.given("label")) && data_options_.task == Task::classify;
    if (!wanted || !scores_text(base)) {
      return load_training_data(data_options_, base.header, seed, pool, session.log());
    }
    const TextReading text{.context = context_of(base.header.network),
                           .tokenizer = tokenizer_of(base.header)};
    return load_for_training(data_options_, nullptr, seed, session.log(), &text);
  }
  [[nodiscard]] static bool scores_text(const Model& model) {
    return takes_tokens(model.header.network) && output_shape(model.header.network).size() == 2;
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
      model.header.network =
          data.schema.task == Task::classify && scores_text(*base)
              ? with_pooled_head(base->header.network, static_cast<std::int64_t>(schema.outputs()))
              : base->header.network;
      model.header.extra = base->header.extra;
      model.header.rights = inherit_rights({&base->header.rights}, rights_);
      record.parents = {{base->identity, "init"}};
      model.lineage = extend({&base->lineage}, std::move(record));
      check_network_of_base(model.header.network, schema, session);
    } else {
      model.header.family = name_of(model_options_.family);
      model.header.network = new_network(data);
      if (!data.tokenizer.is_null()) model.header.extra = {{"tokenizer", data.tokenizer}};
      model.header.rights = rights_;
      model.lineage = extend({}, std::move(record));
    }
    model.header.schema = to_json(schema);
    return model;
  }

  [[nodiscard]] Network new_network(const Loaded& data) const {
    const auto outputs = static_cast<std::int64_t>(data.schema.outputs());
    if (data.tokenizer.is_null()) return build(model_options_, data.schema.input, outputs);
    return scores_tokens(data.schema.task)
               ? build_language_model(model_options_, vocabulary(data))
               : build_classifier(model_options_, vocabulary(data), outputs);
  }

  // The network is the model's own: options that say the same are fine, others are not. One that
  // came without a schema must fit the schema learned from the rows.
  void check_network_of_base(const Network& network, const Schema& schema,
                             const cli::Session& session) {
    if (takes_tokens(network)) {
      return check_options_of_base(network, session, [&] {
        return scores_tokens(schema.task)
                   ? build_language_model(model_options_, vocabulary_of(network))
                   : build_classifier(model_options_, vocabulary_of(network),
                                      static_cast<std::int64_t>(schema.outputs()));
      });
    }
    const std::size_t in = element_count(shapes(network).front());
    const std::size_t out = element_count(output_shape(network));
    if (!fits(schema, network)) {
      fail(Kind::usage, "{} maps {} to {} numbers, but the rows have {} inputs and {} outputs",
           printable(init_), in, out, schema.inputs(), schema.outputs());
    }
    check_options_of_base(network, session, [&] {
      return build(model_options_, shapes(network).front(),
                   static_cast<std::int64_t>(schema.outputs()));
    });
  }
  template <class Build>
  void check_options_of_base(const Network& network, const cli::Session& session,
                             Build build_said) {
    for (const Field& field : model_options_.fields()) {
      if (!session.given(field.name)) continue;
      if (to_json(build_said()) == to_json(network)) return;
      throw Error{
          Kind::usage,
          fmt::format("--{} says another network than {} has", field.name, printable(init_)),
          "the network comes from the model: leave the option out"};
    }
  }

  [[nodiscard]] static std::int64_t vocabulary(const Loaded& data) {
    return static_cast<std::int64_t>(tokenizer_from_json(data.tokenizer, "the tokenizer")->size());
  }

  [[nodiscard]] TrainJob make_job(const Model& model, const std::optional<Model>& base,
                                  const Loaded& data, const cli::Session& session,
                                  const Restart& restart) const {
    TrainJob job;
    job.network = model.header.network;
    if (base) job.start = of_network(job.network, base->weights);
    job.data = &data;
    job.options = train_options_;
    if (data.schema.task == Task::mlm) job.masking = masking_of(data);
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

  // Those of the weights that the network has: a new head begins anew.
  [[nodiscard]] static std::vector<Weight> of_network(const Network& network,
                                                      const std::vector<Weight>& weights) {
    std::vector<Weight> out;
    for (const TensorSpec& spec : tensors(network)) {
      const auto found = std::ranges::find(weights, spec.name, &Weight::name);
      if (found != weights.end() && found->values.shape == spec.shape) out.push_back(*found);
    }
    return out;
  }

  [[nodiscard]] static Masking masking_of(const Loaded& data) {
    const auto tokenizer = tokenizer_from_json(data.tokenizer, "the tokenizer");
    const std::optional<TokenId> mask = tokenizer->special("[MASK]");
    if (!mask) {
      throw Error{Kind::usage, "the tokenizer has no [MASK], which the task mlm puts on tokens",
                  "--tokenizer wordpiece has one"};
    }
    Masking out{
        .mask = *mask, .vocab = static_cast<std::int64_t>(tokenizer->size()), .specials = {}};
    for (const SpecialToken& special : tokenizer->specials()) out.specials.push_back(special.id);
    return out;
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

  static void report(cli::Session& session, const Model& model, const Loaded& data,
                     const TrainResult& result, const Quality& quality, std::uint64_t bytes) {
    const std::uint64_t parameters = cost(model.header.network).parameters;
    const bool tokens = data.train.tokens != nullptr;
    Json out = {{"steps", result.steps},
                {"seconds", result.seconds},
                {tokens ? "tokens_per_second" : "rows_per_second", result.rows_per_second},
                {"train_loss", result.train_loss},
                {"valid_loss", nullptr},
                {"valid_accuracy", nullptr}};
    if (result.valid_loss && !quality.valid) {
      out["valid_loss"] = *result.valid_loss;
      if (result.valid_accuracy) out["valid_accuracy"] = *result.valid_accuracy;
    }
    add_to(out, quality);
    out["parameters"] = parameters;
    out["bytes"] = bytes;
    out["seed"] = *model.lineage.records.back().seed;
    out["identity"] = to_hex(model.identity);
    const std::string human =
        fmt::format("{} steps in {}, {:.0f} {}/s, training loss {:.4g}\n", result.steps,
                    human_seconds(result.seconds), result.rows_per_second,
                    tokens ? "tokens" : "rows", result.train_loss) +
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
