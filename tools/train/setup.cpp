// SPDX-License-Identifier: Apache-2.0
#include "train/setup.h"

#include <algorithm>

#include "base/error.h"
#include "base/words.h"
#include "cli/models.h"
#include "data/language.h"
#include "file/adapter.h"
#include "file/digest.h"
#include "file/lineage.h"
#include "file/reader.h"
#include "file/rights.h"
#include "file/writer.h"
#include "infer/probe.h"
#include "learn/restart.h"
#include "train/adapter.h"
#include "trust/gate.h"

namespace mx {
namespace {

constexpr std::int64_t kUsualContext = 128;  // as net/families.h

// A language model or sentence embeddings: a classifier's head can be put on it.
bool takes_head(const Model& model) {
  const Network& network = model.header.network;
  return takes_tokens(network) && (output_shape(network).size() == 2 || ends_pooled(network));
}

std::int64_t vocabulary(const Loaded& data) {
  return static_cast<std::int64_t>(tokenizer_from_json(data.tokenizer, "the tokenizer")->size());
}

// For a model that is gone on with. Its schema may be new: --task classify makes a classifier of a
// language model's body.
Loaded load_for(const TrainSetup& setup, const Model& base, const cli::Session& session,
                std::uint64_t seed, ThreadPool& pool, Log& log) {
  const bool wanted =
      (session.given("task") || session.given("label")) && setup.data.task == Task::classify;
  if (!wanted && ends_pooled(base.header.network)) {
    throw Error{Kind::usage,
                fmt::format("{} has no head that could be trained", printable(setup.init)),
                "--label COLUMN puts a classifier's on it"};
  }
  if (!wanted || !takes_head(base)) {
    return load_training_data(setup.data, base.header, seed, pool, log);
  }
  const TextReading text{.context = context_of(base.header.network),
                         .tokenizer = tokenizer_of(base.header)};
  return load_for_training(setup.data, nullptr, seed, log, &text);
}

Network new_network(const TrainSetup& setup, const Loaded& data) {
  const auto outputs = static_cast<std::int64_t>(data.schema.outputs());
  if (data.tokenizer.is_null()) return build(setup.model, data.schema.input, outputs);
  return scores_tokens(data.schema.task) ? build_language_model(setup.model, vocabulary(data))
                                         : build_classifier(setup.model, vocabulary(data), outputs);
}

// The network is the model's own: options that say the same are fine, others are not.
template <class Build>
void check_options_of_base(const TrainSetup& setup, const Network& network,
                           const cli::Session& session, Build build_said) {
  ModelOptions said = setup.model;
  for (const Field& field : said.fields()) {
    if (!session.given(field.name)) continue;
    if (to_json(build_said()) == to_json(network)) return;
    throw Error{
        Kind::usage,
        fmt::format("--{} says another network than {} has", field.name, printable(setup.init)),
        "the network comes from the model: leave the option out"};
  }
}

// One that came without a schema must fit the schema learned from the rows.
void check_network_of_base(const TrainSetup& setup, const Network& network, const Schema& schema,
                           const cli::Session& session) {
  const auto outputs = static_cast<std::int64_t>(schema.outputs());
  if (takes_tokens(network)) {
    return check_options_of_base(setup, network, session, [&] {
      return scores_tokens(schema.task)
                 ? build_language_model(setup.model, vocabulary_of(network))
                 : build_classifier(setup.model, vocabulary_of(network), outputs);
    });
  }
  if (!fits(schema, network)) {
    fail(Kind::usage, "{} maps {} to {} numbers, but the rows have {} inputs and {} outputs",
         printable(setup.init), element_count(shapes(network).front()),
         element_count(output_shape(network)), schema.inputs(), schema.outputs());
  }
  check_options_of_base(setup, network, session,
                        [&] { return build(setup.model, shapes(network).front(), outputs); });
}

// Those of the weights that the network has: a new head begins anew.
std::vector<Weight> of_network(const Network& network, const std::vector<Weight>& weights) {
  std::vector<Weight> out;
  for (const TensorSpec& spec : tensors(network)) {
    const auto found = std::ranges::find(weights, spec.name, &Weight::name);
    if (found != weights.end() && found->values.shape == spec.shape) out.push_back(*found);
  }
  return out;
}

// Asked what is known before any data is opened.
Gate gate_of(const TrainSetup& setup, const std::optional<Model>& base,
             const cli::Session& session) {
  Gate gate(session.licenses(), session.common().output, setup.rights.override_reason);
  if (base) gate.model(Permission::modify, "train", *base, setup.init);
  gate.data("train", setup.data);
  return gate;
}

// Rows as the family of the model takes them.
Loaded load_of_family(TrainSetup& setup, cli::Session& session, std::uint64_t seed,
                      ThreadPool& pool) {
  DataOptions& data = setup.data;
  const Family family = setup.model.family;
  if (!takes_tokens(family)) {
    if (scores_tokens(data.task)) {
      throw Error{Kind::usage, "the task is about text, but the model takes rows",
                  "--model gpt, llama or bert"};
    }
    return load_for_training(data, nullptr, seed, session.log());
  }
  const bool bert = family == Family::bert;
  const std::int64_t context = setup.model.context.value_or(kUsualContext);
  if (bert && !session.given("tokenizer")) data.tokenizer = "wordpiece";
  if (!session.given("task") && !session.given("label")) data.task = bert ? Task::mlm : Task::lm;
  if (data.task == Task::regress) {
    fail(Kind::usage, "a {} learns the task lm, mlm or classify", name_of(family));
  }
  if (data.task == Task::classify) {
    const TextReading text{.context = context};
    return load_for_training(data, nullptr, seed, session.log(), &text);
  }
  const LanguageRequest request{
      .task = data.task, .context = context, .tokenizer = {}, .seed = seed};
  return load_language(data, request, pool, session.log());
}

}  // namespace

Fields TrainSetup::fields() {
  Fields out = {{.group = "Model",
                 .name = "init",
                 .help = "Go on from this model's network, weights and schema",
                 .value = &init,
                 .holds = Holds::file}};
  append(out, model.fields());
  append(out, data.fields(true));
  append(out, train.fields());
  append(out, lora.fields());
  append(out, rights.fields());
  return out;
}

std::optional<Model> read_base(TrainSetup& setup, cli::Session& session, ThreadPool& pool) {
  check_lora(setup);
  setup.given = setup.rights.settle(session.licenses(), session.log());
  if (setup.init.empty()) {
    gate_of(setup, std::nullopt, session).check();
    return std::nullopt;
  }
  Model base = read_model(setup.init, pool, cli::reading(session));
  refuse_adapter(base.header, setup.init);
  if (base.header.network.empty()) {
    throw Error{Kind::usage, fmt::format("{} has no network to train", printable(setup.init)),
                "mx-pack import --network makes a model of a file of tensors"};
  }
  gate_of(setup, base, session).check();
  check_trained(base.header.network, base.weights, session.max_memory(), session.device());
  return base;
}

Loaded load_data(TrainSetup& setup, const std::optional<Model>& base, cli::Session& session,
                 std::uint64_t seed, ThreadPool& pool) {
  setup.data.keys = session.common().trust.keys();
  setup.data.max_memory = session.max_memory();
  if (setup.data.data.empty()) {
    throw Error{Kind::usage, "there is nothing to train on", "--data FILE names the rows"};
  }
  Loaded out = base ? load_for(setup, *base, session, seed, pool, session.log())
                    : load_of_family(setup, session, seed, pool);
  Gate gate = gate_of(setup, base, session);
  gate.data("train", out.used);
  setup.overridden = gate.settle(session.log());
  return out;
}

Json options_for_record(TrainSetup& setup, const std::optional<Model>& base, const Loaded& data,
                        const cli::Session& session) {
  Json out = session.lineage_options();
  const auto leave_out = [&out](const Fields& fields) {
    for (const Field& field : fields) out.erase(std::string(field.name));
  };
  out["task"] = name_of(data.schema.task);
  const bool text = !data.tokenizer.is_null();
  if (text) out["tokenizer"] = setup.data.tokenizer;
  const bool settled =
      base && !base->header.schema.is_null() && base->header.schema == to_json(data.schema);
  setup.data.leave_out_idle(out, text, settled);
  if (base) leave_out(setup.model.fields());
  if (!setup.lora.rank) leave_out(setup.lora.fields());
  out["threads"] = session.threads();
  return out;
}

Model new_model(const TrainSetup& setup, const std::optional<Model>& base, const Loaded& data,
                const cli::Session& session, Record record) {
  const Schema& schema = data.schema;
  Model model;
  model.max_memory = session.max_memory();
  Header& header = model.header;
  record.data = data.used;
  record.override_permission = setup.overridden;
  if (base) {
    header.family = base->header.family;
    header.network =
        schema.task == Task::classify && takes_head(*base)
            ? with_pooled_head(base->header.network, static_cast<std::int64_t>(schema.outputs()))
            : base->header.network;
    header.extra = base->header.extra;
    header.rights = inherit_rights({base->header.rights}, setup.given);
    record.parents = {{base->identity, "init"}};
    declare(record, setup.given, header.rights, session.licenses());
    model.lineage = extend({{&base->lineage, base->identity}}, std::move(record));
    check_network_of_base(setup, header.network, schema, session);
  } else {
    header.family = name_of(setup.model.family);
    header.network = new_network(setup, data);
    if (!data.tokenizer.is_null()) header.extra = {{"tokenizer", data.tokenizer}};
    header.rights = setup.given;
    declare(record, setup.given, header.rights, session.licenses());
    model.lineage = extend({}, std::move(record));
  }
  header.schema = to_json(schema);
  if (setup.lora.rank) make_adapter(model, *base, setup.lora);
  return model;
}

TrainJob make_job(const TrainSetup& setup, const Model& model, const std::optional<Model>& base,
                  const Loaded& data, const cli::Session& session, const Json& options,
                  std::uint64_t seed, const std::string& checkpoint) {
  TrainJob job;
  job.network = setup.lora.rank ? base->header.network : model.header.network;
  if (setup.lora.rank) {
    job.low_rank = low_rank_of(setup.lora, job.network);
    job.base = base->weights;
  } else if (base) {
    job.start = of_network(job.network, base->weights);
  }
  job.data = &data;
  job.options = setup.train;
  if (data.schema.task == Task::mlm)
    job.masking = masking_of(*tokenizer_from_json(data.tokenizer, "the tokenizer"));
  job.seed = seed;
  job.threads = session.threads();
  job.device = session.device();
  check_trained(job.network, job.start, session.max_memory(), job.device);
  Json facts = {{"tool", "mx-train"},
                {"options", options},
                {"network", to_json(job.network)},
                {"schema", model.header.schema},
                {"seed", seed},
                {"threads", job.threads}};
  for (const DataUsed& used : data.used) facts["data"].push_back(to_hex(used.sha256));
  if (base) facts["init"] = to_hex(base->identity);
  job.checkpoint = {checkpoint, run_key(facts)};
  return job;
}

Written write_trained(Model& model, const std::optional<Model>& base, std::vector<Weight> weights,
                      const Loaded& data, const cli::Session& session, ThreadPool& pool) {
  model.weights = std::move(weights);
  const bool adapter = model.header.kind == FileKind::adapter;
  Written out{.quality =
                  adapter ? measure_adapter(model, *base, data, pool) : measure(model, data, pool)};
  model.lineage.records.back().metrics = lineage_metrics(out.quality);
  set_probes(model, pool);
  out.bytes = cli::write_model(model, session, pool);
  return out;
}

}  // namespace mx
