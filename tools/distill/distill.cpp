// SPDX-License-Identifier: Apache-2.0
#include "distill/distill.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/signals.h"
#include "base/words.h"
#include "cli/models.h"
#include "data/language.h"
#include "distill/report.h"
#include "distill/student.h"
#include "file/digest.h"
#include "file/lineage.h"
#include "file/reader.h"
#include "file/rights.h"
#include "file/writer.h"
#include "infer/probe.h"
#include "infer/quality.h"
#include "learn/cache.h"
#include "learn/checkpoint.h"
#include "learn/class_prior.h"
#include "learn/estimate.h"
#include "learn/restart.h"
#include "learn/teachers.h"
#include "learn/train.h"
#include "trust/declare.h"
#include "trust/gate.h"
#include "trust/standing.h"

namespace mx {
namespace {

enum class Start { cut, random };

class Distill final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"",
            "Train a small model to answer as larger ones do.",
            "[OPTIONS] TEACHER... --student STUDENT --data FILE -o OUTPUT",
            {"mx-distill digits.mx --student auto:25% --data digits.csv -o small.mx",
             "mx-distill digits.mx --student auto:25% --data digits.csv --temperature 2 --control "
             "-o small.mx --report small.html"}};
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
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"TEACHER", "Model files that teach; - is standard input", &paths_, true, true}};
  }
  [[nodiscard]] Fields fields() override {
    Fields out = {{.group = "Distillation",
                   .name = "student",
                   .help = "Who is taught: auto:25% (the most important parts of the teacher), a "
                           "description (model options or a block list), or a model",
                   .value = &student_,
                   .holds = Holds::file,
                   .meaning = "auto:N%,FILE"}};
    append(out, {{"Distillation", "student-start",
                  "Of auto:N%: begin with the teacher's own numbers, or at random",
                  choice(start_, {{"cut", int(Start::cut)}, {"random", int(Start::random)}})}});
    append(out, distill_options_.fields());
    append(out, cache_options_.fields());
    append(out, on_policy_options_.fields());
    append(out, {{.group = "Distillation",
                  .name = "control",
                  .help = "Train the same student without its teachers too, and compare",
                  .value = &control_,
                  .affects = Affects::run}});
    append(out, class_fields());
    append(out, data_options_.fields(true));
    append(out, train_options_.fields());
    append(out, rights_.fields());
    return out;
  }

  [[nodiscard]] int run(cli::Session& session) override {
    check_options(session.common().output);
    ThreadPool pool(session.threads());
    const Restart restart =
        settle_restart(train_options_, session.common().output, cli::seals(session), session.seed(),
                       session.given("seed"), session.log());
    if (control_) check_replaceable(control_path(restart.path));
    teachers_ = read_teachers(paths_, cli::reading(session), pool);
    std::optional<Model> given = student_model(student_, cli::reading(session), pool);
    const Rights said = rights_.settle(session.licenses(), session.log());
    Gate gate(session.licenses(), session.common().output, rights_.override_reason);
    for (std::size_t i = 0; i < teachers_.size(); ++i) {
      gate.model(Permission::distil, "distil", teachers_[i], paths_[i]);
    }
    if (begins_with_teacher()) {
      gate.model(Permission::modify, "distil", teachers_.front(), paths_.front());
    }
    if (given) gate.model(Permission::modify, "distil", *given, student_);
    gate.data("distil", data_options_);
    gate.check();  // before any data is opened
    data_options_.keys = session.common().trust.keys();
    data_options_.max_memory = session.max_memory();
    Loaded data = load_training_data(data_options_, teachers_.front().header, restart.seed, pool,
                                     session.log());
    gate.data("distil", data.used);
    const std::optional<PermissionOverride> overridden = gate.settle(session.log());
    const std::vector<double> prior = settle_classes(data);
    Model student =
        make_student({student_, teachers_.front(), data, session.threads(), std::move(given)}, pool,
                     session.log());
    student.max_memory = session.max_memory();
    if (!prior.empty()) check_class_prior(student.header.network, data.schema);
    if (start_ == Start::random && student.identity == Sha256{}) student.weights.clear();
    Teaching teaching{.teachers = {}, .options = distill_options_, .on_policy = on_policy_options_};
    for (const Model& teacher : teachers_) teaching.teachers.push_back(&teacher);
    TrainJob job = make_job(student, data, session, restart);
    job.teaching = &teaching;
    const std::unique_ptr<OutputCache> cache = open_cache(job, teaching, session, pool);
    teaching.cache = cache.get();
    if (signals::caught() != 0) {
      session.log().info("stopped; the same command goes on with the teacher's outputs");
      return 128 + signals::caught();
    }
    Record record = make_record("distill", "mx-distill", session.lineage_options());
    data_options_.leave_out_idle(record.options, !data.tokenizer.is_null(), true);
    record.options["threads"] = session.threads();
    record.seed = restart.seed;
    record.override_permission = overridden;
    if (student_.starts_with("auto:")) {
      record.options["student"] = student_;
    } else if (student.identity == Sha256{}) {
      record.options["student"] = to_json(student.header.network);  // as it was described
    }
    add_origin(student, data, std::move(record), said, session.licenses(), cache.get());
    say_common_outputs(student.header.network, session.log());
    if (session.common().dry_run) return foresee(job, student, pool, session);

    LabelledLog log(session.log(), control_ ? Json{{"run", "student"}} : Json::object());
    TrainResult result = train(job, log);
    if (result.stopped_by != 0) return say_stopped(result, restart, session.log());
    student.weights = std::move(result.weights);
    correct(student, data, prior, session);
    std::optional<Model> control;
    if (control_) {
      session.log().info("the same student without its teachers");
      LabelledLog alone_log(session.log(), {{"run", "control"}});
      TrainResult alone = train(alone_job(job), alone_log);
      if (alone.stopped_by != 0) return say_stopped(alone, restart, session.log());
      control.emplace();
      control->header = student.header;
      control->weights = std::move(alone.weights);
      correct(*control, data, prior, session);
    }
    const Quality quality = measure(student, data, pool);
    student.lineage.records.back().metrics = lineage_metrics(quality);
    set_probes(student, pool);
    const std::uint64_t bytes = cli::write_model(student, session, pool);
    remove_checkpoint(restart.path);
    remove_checkpoint(control_path(restart.path));
    report({student, teachers_, control ? &*control : nullptr, data, result, quality, bytes},
           session, pool);
    return 0;
  }

 private:
  void check_options(const std::string& output) const {
    if (data_options_.data.empty()) {
      throw Error{Kind::usage, "there is nothing to learn from", "--data FILE names the rows"};
    }
    if (student_.empty()) {
      throw Error{Kind::usage, "nobody is taught", "--student auto:25%, or a file"};
    }
    if (cache_options_.file.empty() &&
        (cache_options_.top || cache_options_.epochs || !cache_options_.hidden.empty())) {
      throw Error{Kind::usage,
                  "there is no cache that --cache-top, --cache-epochs or --cache-hidden speak of",
                  "--cache FILE names it"};
    }
    if (on_policy_options_.tokens && !on_policy_options_.share) {
      throw Error{Kind::usage, "--on-policy-tokens without text that the student writes",
                  "--on-policy SHARE says how much of it there is"};
    }
    if (!cache_options_.file.empty() && cache_options_.file == output) {
      throw Error{Kind::usage, "--cache and -o name the same file", "name another file"};
    }
  }

  // The student's first numbers are the teacher's: it is made from the teacher, not only taught.
  [[nodiscard]] bool begins_with_teacher() const {
    return start_ == Start::cut && student_.starts_with("auto:");
  }

  [[nodiscard]] Fields class_fields() {
    return {
        {.group = "Distillation",
         .name = "without-class",
         .help = "Leave the training rows of this class out: it is learned from the teacher alone",
         .value = &without_,
         .meaning = "CLASS"},
        {.group = "Distillation",
         .name = "class-prior",
         .help = "How frequent classes will be, where the rows learned from say otherwise: the "
                 "student's biases are corrected. data: as in all rows, those left out too",
         .value = &class_prior_,
         .meaning = "data,uniform,W[,W...]"}};
  }

  // Leaves classes out of the rows; the prior that the student is corrected to, or nothing.
  [[nodiscard]] std::vector<double> settle_classes(Loaded& data) const {
    std::vector<double> prior;
    if (!class_prior_.empty()) {
      prior = mx::class_prior(class_prior_, data.train, data.schema.classes.size());
    }
    if (!without_.empty()) data.train = rows_without(data.train, data.schema, without_);
    return prior;
  }

  void say_common_outputs(const Network& student, Log& log) const {
    const std::int64_t own = output_shape(student).back();
    for (std::size_t i = 0; i < teachers_.size(); ++i) {
      const std::int64_t other = output_shape(teachers_[i].header.network).back();
      if (own == other) continue;
      log.info(
          fmt::format("{} has outputs for {} tokens and the student for {}: the first {} are "
                      "compared, renormalized",
                      printable(paths_[i]), other, own, std::min(own, other)));
    }
  }

  static void correct(Model& model, const Loaded& data, const std::vector<double>& prior,
                      const cli::Session& session) {
    if (prior.empty()) return;
    correct_class_prior(model.header.network, model.weights, data.train, prior, session.threads());
  }

  [[nodiscard]] TrainJob make_job(const Model& student, const Loaded& data,
                                  const cli::Session& session, const Restart& restart) const {
    TrainJob job;
    job.network = student.header.network;
    job.start = student.weights;
    job.data = &data;
    job.options = train_options_;
    job.seed = restart.seed;
    job.threads = session.threads();
    job.device = session.device();
    check_trained(job.network, job.start, session.max_memory(), job.device);
    Json facts = {{"tool", "mx-distill"},
                  {"options", session.lineage_options()},
                  {"network", to_json(job.network)},
                  {"init", to_hex(student.identity)},
                  {"seed", restart.seed},
                  {"threads", job.threads}};
    for (const Model& teacher : teachers_) facts["teachers"].push_back(to_hex(teacher.identity));
    for (const DataUsed& used : data.used) facts["data"].push_back(to_hex(used.sha256));
    job.checkpoint = {restart.path, run_key(facts)};
    return job;
  }

  // None without --cache; for a dry run where there is no such file; and when a signal came.
  [[nodiscard]] std::unique_ptr<OutputCache> open_cache(TrainJob& job, const Teaching& teaching,
                                                        cli::Session& session,
                                                        ThreadPool& pool) const {
    if (cache_options_.file.empty()) return nullptr;
    const CacheFacts facts = wanted_cache(cache_options_, job, teaching);
    job.checkpoint.key = run_key({{"run", job.checkpoint.key}, {"cache", to_json(facts)}});
    check_resume(job.options, job.checkpoint);
    if (session.common().dry_run && !std::filesystem::exists(cache_options_.file)) return nullptr;
    return ready_cache({cache_options_, job, teaching, facts, session.max_memory()}, pool,
                       session.log());
  }

  static std::string control_path(const std::string& path) {
    return path.empty() ? path : path + ".control";
  }

  [[nodiscard]] static TrainJob alone_job(const TrainJob& taught) {
    TrainJob job = taught;
    job.teaching = nullptr;
    job.checkpoint = {control_path(taught.checkpoint.path), taught.checkpoint.key + " alone"};
    if (job.options.resume != "never") job.options.resume = "auto";
    return job;
  }

  // Schema and classes are the teacher's; the lineage and the rights are all parents'.
  void add_origin(Model& student, const Loaded& data, Record record, const Rights& said,
                  const LicenseTable& table, const OutputCache* cache) const {
    record.data = data.used;
    std::vector<Past> pasts;
    std::vector<Rights> rights;
    for (const Model& teacher : teachers_) {
      record.parents.push_back({teacher.identity, "teacher"});
      pasts.push_back({&teacher.lineage, teacher.identity});
      const bool begins = begins_with_teacher() && rights.empty();
      rights.push_back(begins ? teacher.header.rights : as_teacher(teacher.header.rights, table));
    }
    if (begins_with_teacher()) record.parents.push_back({teachers_.front().identity, "init"});
    if (cache != nullptr) record.parents.push_back({cache->identity(), "cache"});
    if (student.identity != Sha256{}) {
      record.parents.push_back({student.identity, "init"});
      pasts.push_back({&student.lineage, student.identity});
      rights.push_back(student.header.rights);
    }
    Rights inherited = inherit_rights(rights, said);
    declare(record, said, inherited, table);
    student.lineage = extend(pasts, std::move(record));
    student.header.rights = std::move(inherited);
    student.header.schema = teachers_.front().header.schema;
    student.header.extra = teachers_.front().header.extra;
  }

  [[nodiscard]] static int foresee(const TrainJob& job, Model& student, ThreadPool& pool,
                                   cli::Session& session) {
    const Estimate expected = estimate(job, student, pool);
    session.result(to_json(expected), describe(expected));
    return 0;
  }

  std::vector<std::string> paths_;
  std::string student_;
  Start start_ = Start::cut;
  bool control_ = false;
  std::vector<std::string> without_;
  std::string class_prior_;
  DistillOptions distill_options_;
  CacheOptions cache_options_;
  OnPolicyOptions on_policy_options_;
  DataOptions data_options_;
  TrainOptions train_options_;
  RightsOptions rights_;
  std::vector<Model> teachers_;
};

}  // namespace

std::unique_ptr<cli::Command> distill_command() { return std::make_unique<Distill>(); }

}  // namespace mx
