// SPDX-License-Identifier: Apache-2.0
// mx-infer compare: whether two models say the same of the same rows.
#include "base/error.h"
#include "data/language.h"
#include "file/lineage.h"
#include "infer/commands.h"
#include "infer/language.h"
#include "infer/metrics.h"
#include "infer/predict.h"
#include "infer/quality.h"

namespace mx::infer {
namespace {

std::string human(const Comparison& c) {
  std::string out;
  if (c.task == Task::lm) {
    out = fmt::format("agreement {:.4f} ({} of {} tokens flip), kl {:.4g}, ", c.agreement, c.flips,
                      c.n, c.kl);
  }
  if (c.task == Task::classify) {
    out = fmt::format("agreement {:.4f} ({} of {} rows flip), kl {:.4g}, ", c.agreement, c.flips,
                      c.n, c.kl);
  }
  const Interval interval = c.loss_difference_interval();
  return out + fmt::format("loss {:.5g} and {:.5g} ({:+.4g}, {:+.4g} to {:+.4g}), p {:.3g}, {} {}",
                           c.a.loss, c.b.loss, c.loss_difference(), interval.low, interval.high,
                           c.p_value, c.n, c.task == Task::lm ? "tokens" : "rows");
}

void check_comparable(const Schema& a, const Schema& b) {
  const auto names = [](const Schema& schema) {
    std::vector<std::string> out = schema.classes;
    for (const Column& column : schema.targets) out.push_back(column.name);
    return out;
  };
  if (a.task != b.task || names(a) != names(b)) {
    fail(Kind::input, "the models answer different questions: their classes or targets differ");
  }
}

// Scaled outputs of `from` as `to` scales them.
void rescale(const Schema& from, const Schema& to, std::span<float> outputs) {
  if (from.targets == to.targets) return;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Column& a = from.targets[i % from.targets.size()];
    const Column& b = to.targets[i % to.targets.size()];
    outputs[i] = static_cast<float>((outputs[i] * a.scale + a.mean - b.mean) / b.scale);
  }
}

class Compare final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"compare",
            "Compare two models on the same rows, with labels.",
            "[OPTIONS] A B --data FILE",
            {"mx-infer compare teacher.mx student.mx --data digits.csv",
             "mx-infer compare digits.mx small.mx --data digits.csv --max-flips 20 "
             "--report small.html"}};
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
    fields.push_back(adapter_field(adapters_,
                                   "Run B with this adapter of it; several are added in "
                                   "their order."));
    append(fields, {{.group = "Gates",
                     .name = "max-flips",
                     .help = "Exit 1 when more rows than this get another class.",
                     .value = &max_flips_,
                     .range = Range{0, 1e15}},
                    {.group = "Gates",
                     .name = "max-loss-increase",
                     .help = "Exit 1 when B's loss is more than this above A's.",
                     .value = &max_loss_increase_}});
    return fields;
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"A", "The model to compare with.", &a_}, {"B", "The model that is compared.", &b_}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    if (data_.data.empty()) throw Error{Kind::usage, "there are no rows", "name them with --data"};
    ThreadPool pool(session.threads());
    const Model model_a = load(a_, {}, pool, session, Identity::told);
    const Model model_b = load(b_, adapters_, pool, session, Identity::told);
    Predictor a(model_a, pool);
    Predictor b(model_b, pool);
    check_comparable(a.schema(), b.schema());
    data_.keys = session.common().trust.keys();
    data_.max_memory = session.max_memory();
    const Loaded rows = load_evaluation_data(data_, model_a.header, pool, session.log());
    if (rows.test.tokens) {
      if (tokenizer_json(model_a.header) != tokenizer_json(model_b.header)) {
        fail(Kind::input, "the models read text by different tokenizers");
      }
      return answer(compare_language(rows.test, a.engine(), b.engine()), model_a, model_b,
                    rows.used, session);
    }
    const std::vector<float> outputs_a = outputs_of(rows.test, a.engine());
    std::vector<float> outputs_b;
    if (a.schema() == b.schema() &&
        tokenizer_json(model_a.header) == tokenizer_json(model_b.header)) {
      outputs_b = outputs_of(rows.test, b.engine());
    } else {
      const Loaded same = load_evaluation_data(data_, model_b.header, pool, session.log());
      outputs_b = outputs_of(same.test, b.engine());
    }
    rescale(b.schema(), a.schema(), outputs_b);
    return answer(compare(a.schema(), rows.test, outputs_a, outputs_b), model_a, model_b, rows.used,
                  session);
  }

 private:
  int answer(const Comparison& result, const Model& a, const Model& b,
             const std::vector<DataUsed>& used, cli::Session& session) const {
    Json out = to_json(result);
    out["task"] = name_of(result.task);
    out["models"] = {model_json("A", a.header.network, a.bytes, &result.a),
                     model_json("B", b.header.network, b.bytes, &result.b)};
    out["models"][0]["identity"] = to_hex(a.identity);
    out["models"][1]["identity"] = to_hex(b.identity);
    out["data"] = data_json(used);
    session.result(out, human(result));
    hold_gates(result);
    return 0;
  }
  void hold_gates(const Comparison& c) const {
    if (max_flips_ && c.flips > static_cast<std::uint64_t>(*max_flips_)) {
      fail(Kind::answer, "{} rows get another class, more than {}", c.flips, *max_flips_);
    }
    // Not a number holds no gate.
    if (max_loss_increase_ && !(c.loss_difference() <= *max_loss_increase_)) {
      fail(Kind::answer, "the loss is {:.5g} higher, more than {}", c.loss_difference(),
           *max_loss_increase_);
    }
  }

  std::string a_, b_;
  std::vector<std::string> adapters_;
  DataOptions data_;
  std::optional<std::int64_t> max_flips_;
  std::optional<double> max_loss_increase_;
};

}  // namespace

std::unique_ptr<cli::Command> compare_command() { return std::make_unique<Compare>(); }

}  // namespace mx::infer
