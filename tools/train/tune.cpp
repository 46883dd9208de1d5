// SPDX-License-Identifier: Apache-2.0
#include "train/tune.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "base/error.h"
#include "base/words.h"
#include "cli/models.h"
#include "file/digest.h"
#include "learn/checkpoint.h"
#include "learn/estimate.h"
#include "learn/halving.h"
#include "learn/plan.h"
#include "learn/restart.h"
#include "learn/trials.h"
#include "train/trial.h"

namespace mx {
namespace {

constexpr std::uint64_t kWhole = 1'000'000;  // parts of a run that rungs are counted in
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

class Tune final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {
        "tune",
        "Search for settings by successive halving, and keep the best model.",
        "[OPTIONS] SPACE.yaml --data FILE -o OUTPUT",
        {"mx-train tune space.yaml --data digits.csv --label digit --valid-fraction 0.2 "
         "--epochs 6 --trials 6 -o tuned.mx",
         "mx-train tune space.yaml --data digits.csv --valid-fraction 0.2 --epochs 4 --trials 8 "
         "--factor 2 --json -o best.mx"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.output = true,
            .output_binary = false,
            .json = true,
            .seed = true,
            .threads = true,
            .device = true,
            .dry_run = true,
            .metrics = true,
            .max_memory = true,
            .models = true,
            .saves_on_signal = true};
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"SPACE",
             "YAML: options to search, each with values or a range: 'hidden: [\"64\", \"128,64\"]' "
             "or 'lr: {low: 0.0003, high: 0.03, log: true}'.",
             &space_path_}};
  }
  [[nodiscard]] Fields fields() override {
    Fields out = {
        {.group = "Search",
         .name = "trials",
         .help = "Settings to try; the first are those of the command itself",
         .value = &trials_,
         .range = Range{1, 10000}},
        {.group = "Search",
         .name = "factor",
         .help = "After each rung the best one in FACTOR goes on, to FACTOR times as many steps",
         .value = &factor_,
         .range = Range{2, 100},
         .meaning = "FACTOR"},
        {.group = "Search",
         .name = "folder",
         .help = "Where trials lie while it goes on (default: OUTPUT.trials)",
         .value = &folder_,
         .affects = Affects::run,
         .holds = Holds::folder},
        {.group = "Search",
         .name = "resume",
         .help = "Whether to go on with a search that was cut off",
         .value = choice(resume_, {{"auto", 1}, {"never", 0}}),
         .affects = Affects::run}};
    Fields training = setup_.fields();
    std::erase_if(training, [](const Field& field) {
      return field.name == "resume" || field.name == "checkpoint";
    });
    append(out, std::move(training));
    return out;
  }

  [[nodiscard]] int run(cli::Session& session) override {
    if (cli::seals(session)) {
      throw Error{Kind::usage, "a search keeps its trials on disk, where they would not be sealed",
                  "train with settings of your own, or begin with a model that is not sealed"};
    }
    const Space space = read_space(space_path_);
    check_space(space, setup_, space_path_);
    open_folder(session);
    ThreadPool pool(session.threads());
    const std::optional<Model> base = read_base(setup_, session, pool);
    const Loaded data = load_data(setup_, base, session, search_.seed, pool);
    if (data.valid.rows == 0) {
      throw Error{Kind::usage, "the search needs validation rows",
                  "give --valid FILE or --valid-fraction SHARE"};
    }
    make_trials({space, space_path_, base, data, session, search_.seed, folder_});
    const std::vector<Rung> ladder =
        rungs(all_.size(), kWhole, static_cast<std::uint64_t>(factor_));
    if (session.common().dry_run) return foresee(ladder, pool, session);
    begin(session);

    Log& log = session.log();
    const std::vector<Ranked> ranked = halve(
        ladder,
        [&](std::uint64_t trial, const Rung& rung) { return advance(trial, rung.steps, log); },
        [&](std::uint64_t trial) { remove_checkpoint(all_[trial].job.checkpoint.path); },
        [&] { return stopped_by_ != 0; });
    if (stopped_by_ != 0) {
      log.info(fmt::format("stopped; the same command goes on from {}", printable(folder_)));
      return 128 + stopped_by_;
    }
    if (ranked.empty()) fail(Kind::failed, "no trial came through; the first: {}", all_[0].error);
    return finish(ranked.front().trial, base, data, pool, session);
  }

 private:
  void open_folder(const cli::Session& session) {
    if (folder_.empty()) {
      if (session.common().output == "-") {
        throw Error{Kind::usage, "trials beside standard output have no name",
                    "add --folder FOLDER"};
      }
      folder_ = session.common().output + ".trials";
    }
    search_.seed = session.seed();
    std::optional<Search> before = read_search(record());  // nothing else is replaced
    if (resume_ == 0 || !before) return;
    if (session.given("seed")) before->seed = session.seed();
    search_ = std::move(*before);
    goes_on_ = true;
  }
  [[nodiscard]] std::string record() const { return folder_ + "/search.json"; }

  void make_trials(const TrialSource& source) {
    Json settings = Json::array();
    for (std::uint64_t number = 0; number < static_cast<std::uint64_t>(trials_); ++number) {
      all_.push_back(make_trial(setup_, number, source));
      settings.push_back(settings_of(all_.back()));
    }
    const std::string key = run_key({{"first", all_[0].job.checkpoint.key},
                                     {"settings", std::move(settings)},
                                     {"factor", factor_}});
    if (goes_on_ && search_.key != key) {
      throw Error{Kind::usage, fmt::format("{} holds another search", printable(folder_)),
                  "run the command it was made with, or begin anew with --resume never"};
    }
    search_.key = key;
  }

  void begin(cli::Session& session) {
    Log& log = session.log();
    if (goes_on_) {
      if (search_.seed != session.seed()) {
        log.info(fmt::format("seed {} of the search that is gone on with", search_.seed));
      }
      return log.info(fmt::format("going on with the search in {}", printable(folder_)));
    }
    std::error_code status;
    std::filesystem::create_directory(folder_, status);
    if (status) fail(Kind::output, "cannot make {}: {}", printable(folder_), status.message());
    for (const SearchTrial& trial : all_) check_replaceable(trial.job.checkpoint.path);
    for (const SearchTrial& trial : all_) remove_checkpoint(trial.job.checkpoint.path);
    write_search(record(), search_);
  }

  // The trial's loss after `part` of its run, which is made where it was not made before.
  double advance(std::uint64_t number, std::uint64_t part, Log& log) {
    SearchTrial& trial = all_[number];
    if (!trial.model) return kNone;
    const std::uint64_t whole = make_plan(trial.setup.train, trial.job.data->train.rows).steps;
    const std::uint64_t steps = (whole * part + kWhole - 1) / kWhole;
    const auto known = std::ranges::find_if(
        search_.found, [&](const Found& one) { return one.trial == number && one.steps == steps; });
    if (known != search_.found.end()) return note(*known);

    Found found{.trial = number, .steps = steps};
    try {
      trial.job.pause_at = steps;
      TrialLog trial_log(log, number, all_.size());
      const TrainResult result = train(trial.job, trial_log);
      stopped_by_ = result.stopped_by;
      if (stopped_by_ != 0) return kNone;
      found.loss = result.valid_loss;
    } catch (const Error& error) {
      if (error.kind() != Kind::failed) throw;
      found.error = error.message();
    }
    search_.found.push_back(found);
    write_search(record(), search_);
    log.info(fmt::format("trial {}: {} after {} of {} steps ({})", number,
                         found.loss ? fmt::format("loss {:.4g}", *found.loss) : found.error, steps,
                         whole, in_words(trial.settings)));
    return note(found);
  }
  double note(const Found& found) {
    SearchTrial& trial = all_[found.trial];
    trial.steps = found.steps;
    trial.loss = found.loss;
    ++trial.rung;
    trial.error = found.error;
    return found.loss.value_or(kNone);
  }

  int finish(std::uint64_t best, const std::optional<Model>& base, const Loaded& data,
             ThreadPool& pool, cli::Session& session) {
    SearchTrial& trial = all_[best];
    trial.job.pause_at.reset();
    TrialLog log(session.log(), best, all_.size());
    TrainResult result = train(trial.job, log);  // from its last checkpoint
    if (result.stopped_by != 0) return 128 + result.stopped_by;
    const Written written =
        write_trained(*trial.model, base, std::move(result.weights), data, session, pool);
    remove_folder();
    report(best, written, session);
    return 0;
  }

  void remove_folder() const {
    for (const SearchTrial& trial : all_) remove_checkpoint(trial.job.checkpoint.path);
    std::error_code ignored;
    std::filesystem::remove(record(), ignored);
    std::filesystem::remove(folder_, ignored);  // stays when it holds anything else
  }

  void report(std::uint64_t best, const Written& written, cli::Session& session) const {
    const auto& [quality, bytes] = written;
    std::vector<std::uint64_t> order(all_.size());
    for (std::uint64_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, [&](std::uint64_t left, std::uint64_t right) {
      const auto rank = [&](std::uint64_t i) {
        const SearchTrial& t = all_[i];
        return std::tuple(!t.loss, all_.size() - t.rung, t.loss.value_or(0), i);
      };
      return rank(left) < rank(right);
    });
    for (const std::uint64_t i : order) {
      const SearchTrial& trial = all_[i];
      Json line = {{"trial", i},
                   {"steps", trial.steps},
                   {"valid_loss", trial.loss ? Json(*trial.loss) : Json()},
                   {"settings", settings_of(trial)}};
      if (!trial.error.empty()) line["error"] = trial.error;
      session.result(line, fmt::format("trial {:>3}  {:>7} steps  {}  {}\n", i, trial.steps,
                                       trial.loss ? fmt::format("loss {:<8.4g}", *trial.loss)
                                                  : printable(trial.error),
                                       in_words(trial.settings)));
    }
    const Model& model = *all_[best].model;
    const std::uint64_t parameters = parameters_of(model.header);
    Json out = {{"best", best},
                {"settings", settings_of(all_[best])},
                {"trials", all_.size()},
                {"valid_loss", *all_[best].loss}};
    add_to(out, quality);
    out["parameters"] = parameters;
    out["bytes"] = bytes;
    out["seed"] = search_.seed;
    out["identity"] = to_hex(model.identity);
    session.result(out, fmt::format("best: trial {} ({})\n", best, in_words(all_[best].settings)) +
                            describe(quality) +
                            fmt::format("{} parameters, {} bytes\n", parameters, bytes));
  }

  // As if all trials were as costly as the command's own settings.
  int foresee(const std::vector<Rung>& ladder, ThreadPool& pool, cli::Session& session) {
    const Estimate one = estimate(all_[0].job, *all_[0].model, pool);
    double runs = 0;
    std::uint64_t before = 0;
    Json steps = Json::array();
    std::string words;
    for (const Rung& rung : ladder) {
      const auto to = [&](std::uint64_t part) { return static_cast<double>(part) / kWhole; };
      runs += static_cast<double>(rung.trials) * to(rung.steps - before);
      before = rung.steps;
      steps.push_back({{"trials", rung.trials}, {"share", to(rung.steps)}});
      words += fmt::format("{} {} to {:.0f} % of their steps\n", rung.trials,
                           rung.trials == 1 ? "trial" : "trials", 100 * to(rung.steps));
    }
    Json out = to_json(one);
    out["seconds"] = one.seconds * runs;
    out["rungs"] = std::move(steps);
    session.result(
        out, fmt::format("{}about {}; one whole run: ", words, human_seconds(one.seconds * runs)) +
                 describe(one));
    return 0;
  }

  std::string space_path_, folder_;
  std::int64_t trials_ = 20, factor_ = 3;
  int resume_ = 1;
  TrainSetup setup_;
  Search search_;
  bool goes_on_ = false;
  std::vector<SearchTrial> all_;
  int stopped_by_ = 0;
};

}  // namespace

std::unique_ptr<cli::Command> tune_command() { return std::make_unique<Tune>(); }

}  // namespace mx
