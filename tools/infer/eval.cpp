// SPDX-License-Identifier: Apache-2.0
// mx-infer eval: how good a model is on rows whose labels are known.
#include <chrono>
#include <cmath>

#include "base/error.h"
#include "data/language.h"
#include "file/lineage.h"
#include "infer/commands.h"
#include "infer/confusion.h"
#include "infer/metrics.h"
#include "infer/predict.h"

namespace mx::infer {
namespace {

std::string human(const Evaluation& e, double seconds) {
  std::string out;
  if (scores_tokens(e.task)) {
    out = fmt::format("perplexity {:.5g}, ", std::exp(e.loss));
    if (e.bits_per_byte > 0) out += fmt::format("{:.4f} bits per byte, ", e.bits_per_byte);
    return out + fmt::format("loss {:.5g} ({:.5g} to {:.5g}), {} tokens, {:.3g} s", e.loss,
                             e.loss_interval.low, e.loss_interval.high, e.n, seconds);
  }
  if (e.task == Task::classify) {
    out = fmt::format("accuracy {:.4f} ({:.4f} to {:.4f}), ", e.accuracy, e.accuracy_interval.low,
                      e.accuracy_interval.high);
  } else {
    out = fmt::format("mean absolute error {:.5g}, r2 {:.4f}, ", e.mae, e.r2);
  }
  return out + fmt::format("loss {:.5g} ({:.5g} to {:.5g}), {} rows, {:.3g} s", e.loss,
                           e.loss_interval.low, e.loss_interval.high, e.n, seconds);
}

Json rules_json(const TokenRows::Rules& rules) {
  Json out = {{"window", rules.window}, {"boundaries", rules.boundaries}};
  if (rules.stride > 0) out["stride"] = rules.stride;
  return out;
}

std::string in_words(const TokenRows::Rules& rules) {
  if (rules.stride == 0)
    return fmt::format("each document a row of at most {} tokens", rules.window);
  return fmt::format("windows of {} tokens, {} from one to the next, {}", rules.window,
                     rules.stride,
                     rules.boundaries == "keep" ? "documents apart" : "across documents");
}

class Eval final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"eval",
            "Measure loss and accuracy on rows with labels, with their 95 % intervals.",
            "[OPTIONS] MODEL --data FILE",
            {"mx-infer eval digits.mx --data digits.csv",
             "mx-infer eval digits.mx --data digits.csv --fold 1/5 --json",
             "mx-infer eval digits.mx --data digits.csv --report digits.html",
             "mx-infer eval digits.mx --adapter adapter.mx --data digits.csv"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.json = true,
            .threads = true,
            .device = true,
            .report = true,
            .max_memory = true,
            .models = true};
  }
  [[nodiscard]] Fields fields() override {
    Fields fields = data_.fields(false);
    fields.push_back(adapter_field(adapters_, kAdapterHelp));
    return fields;
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"MODEL", "Model file, or - for standard input.", &model_}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    if (data_.data.empty()) throw Error{Kind::usage, "there are no rows", "name them with --data"};
    ThreadPool pool(session.threads());
    const Model model = load(model_, adapters_, pool, session, Identity::told);
    Predictor predictor(model, pool);
    data_.keys = session.common().trust.keys();
    data_.max_memory = session.max_memory();
    const Loaded loaded = load_evaluation_data(data_, model.header, pool, session.log());
    const auto start = std::chrono::steady_clock::now();
    const Evaluation result = evaluate(predictor.schema(), loaded.test, predictor.engine());
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    Json json = to_json(result);
    if (loaded.test.tokens) json.update(rules_json(loaded.test.tokens->rules()));
    std::string text = human(result, taken.count());
    if (loaded.test.tokens) text += "; " + in_words(loaded.test.tokens->rules());
    if (result.task == Task::classify) {
      const std::vector<std::string>& names = predictor.schema().classes;
      const Confusion pairs = confusion(loaded.test.classes, result.predicted, names.size());
      add_to(json, pairs, names);
      text += '\n' + describe(pairs, names);
    }
    json["seconds"] = taken.count();
    json["parameters"] = cost(model.header.network).parameters;
    json["bytes"] = model.bytes;
    json["identity"] = to_hex(model.identity);
    json["data"] = data_json(loaded.used);
    session.result(json, text);
    return 0;
  }

 private:
  std::vector<std::string> adapters_;
  std::string model_;
  DataOptions data_;
};

}  // namespace

std::unique_ptr<cli::Command> eval_command() { return std::make_unique<Eval>(); }

}  // namespace mx::infer
