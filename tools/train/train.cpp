// SPDX-License-Identifier: Apache-2.0
#include "train/train.h"

#include "base/error.h"
#include "base/words.h"
#include "cli/models.h"
#include "file/digest.h"
#include "file/lineage.h"
#include "learn/checkpoint.h"
#include "learn/estimate.h"
#include "learn/restart.h"
#include "train/setup.h"

namespace mx {
namespace {

class Train final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {
        "",
        "Train a model on rows of a table, on images or on text.",
        "[OPTIONS] --data FILE -o OUTPUT",
        {"mx-train --data digits.csv --label digit --hidden 64 --epochs 30 -o digits.mx",
         "mx-train --init digits.mx --data digits.csv --lr 0.0001 --epochs 2 -o tuned.mx "
         "--report tuned.html",
         "mx-train --init digits.mx --lora 4 --data digits.csv --epochs 2 -o digits-adapter.mx",
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
            .report = true,
            .max_memory = true,
            .models = true,
            .saves_on_signal = true};
  }
  [[nodiscard]] Fields fields() override { return setup_.fields(); }

  [[nodiscard]] int run(cli::Session& session) override {
    ThreadPool pool(session.threads());
    const Restart restart =
        settle_restart(setup_.train, session.common().output, cli::seals(session), session.seed(),
                       session.given("seed"), session.log());
    const std::optional<Model> base = read_base(setup_, session, pool);
    const Loaded data = load_data(setup_, base, session, restart.seed, pool);
    Record record =
        make_record("train", "mx-train", options_for_record(setup_, base, data, session));
    record.seed = restart.seed;
    Model model = new_model(setup_, base, data, session, std::move(record));
    const TrainJob job = make_job(setup_, model, base, data, session, session.lineage_options(),
                                  restart.seed, restart.path);
    if (session.common().dry_run) return foresee(job, model, pool, session);

    TrainResult result = train(job, session.log());
    if (result.stopped_by != 0) return say_stopped(result, restart, session.log());
    const Written written =
        write_trained(model, base, std::move(result.weights), data, session, pool);
    remove_checkpoint(restart.path);
    report(session, model, data, result, written);
    return 0;
  }

 private:
  [[nodiscard]] static int foresee(const TrainJob& job, Model& model, ThreadPool& pool,
                                   cli::Session& session) {
    const Estimate expected = estimate(job, model, pool);
    session.result(to_json(expected), describe(expected));
    return 0;
  }

  static void report(cli::Session& session, const Model& model, const Loaded& data,
                     const TrainResult& result, const Written& written) {
    const auto& [quality, bytes] = written;
    const std::uint64_t parameters = parameters_of(model.header);
    const bool tokens = data.train.tokens != nullptr;
    Json out = {{"steps", result.steps},
                {"seconds", result.seconds},
                {tokens ? "tokens_per_second" : "rows_per_second", result.rows_per_second},
                {"share_of_peak", result.share_of_peak ? Json(*result.share_of_peak) : Json()},
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
    out["task"] = name_of(data.schema.task);
    out["parents"] = parents_json(model.lineage.records.back().parents);
    out["data"] = data_json(model.lineage.records.back().data);
    const std::string human =
        fmt::format(
            "{} steps in {}, {:.0f} {}/s{}, training loss {:.4g}\n", result.steps,
            human_seconds(result.seconds), result.rows_per_second, tokens ? "tokens" : "rows",
            result.share_of_peak
                ? fmt::format(" ({:.0f} % of the processor's peak)", 100 * *result.share_of_peak)
                : "",
            result.train_loss) +
        describe(quality) + fmt::format("{} parameters, {} bytes\n", parameters, bytes);
    session.result(out, human);
  }

  TrainSetup setup_;
};

}  // namespace

std::unique_ptr<cli::Command> train_command() { return std::make_unique<Train>(); }

}  // namespace mx
